import { BlockList, isIPv6 } from 'node:net';

const LOCAL = new BlockList();
LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LOCAL.addAddress('100.100.100.200', 'ipv4');
LOCAL.addSubnet('fe80::', 10, 'ipv6');
LOCAL.addAddress('fd00:ec2::254', 'ipv6');

/**
 * Whether an IP address is link-local or a cloud's metadata service, where a request from us would be answered with
 * credentials: nothing we ask for health or call as a hook lives there. IPv4 addresses written as IPv6 count too.
 */
export const isLinkLocal = (address: string): boolean => LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
