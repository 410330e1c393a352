/**
 * The lab's certificate for its servers on this machine (localhost, 127.0.0.1, ::1). It signs itself, so whoever should
 * trust it is given it as an authority. The key is public, here: it protects nothing and is trusted nowhere else.
 */
export const LAB_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPzQX890wi//MIgeT
gpaZwYSaYIz64M7AoCwm5A6Unw6hRANCAATXiFrepP//q0m5HAwnm2hWxPrahyzF
GT1Ye2WCUeIQu/gxsMGuKzwvzGYZs8ANFyoq6pOpATq53/VI/e+3etl6
-----END PRIVATE KEY-----`;

export const LAB_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBsDCCAVagAwIBAgIUOe5GRbofXvphEpCM3Hz/XDTaQbowCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKUmVnZW50IGxhYjAgFw0yNjExMjEwMTQ5MDBaGA8yMTI2MTAy
ODAxNDkwMFowFTETMBEGA1UEAwwKUmVnZW50IGxhYjBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNeIWt6k//+rSbkcDCebaFbE+tqHLMUZPVh7ZYJR4hC7+DGwwa4r
PC/MZhmzwA0XKirqk6kBOrnf9Uj977d62XqjgYEwfzAdBgNVHQ4EFgQUg2dxu0iY
6i7DuShaNQwQzQl9VtswHwYDVR0jBBgwFoAUg2dxu0iY6i7DuShaNQwQzQl9Vtsw
LAYDVR0RBCUwI4IJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMA8G
A1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgbFAHa71aGVU81gVSEvwq
wWO0uPnliTfE4HbhYtzzM/ICIQD02wgmMyrbu8AItiq9b6YccdmmTmOZ3Tlcp9nd
WdlVmQ==
-----END CERTIFICATE-----`;
