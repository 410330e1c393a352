/** What the API server refuses in every object's metadata, and in ConfigMaps and Secrets: 422 with every cause. */
import { isDeepStrictEqual } from 'node:util';
import { type Cause, invalid } from './failures.ts';
import type { Resource } from './resources.ts';
import type { Draft } from './store.ts';

const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DATA_KEY = /^[-._a-zA-Z0-9]+$/;
const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const PREFIX_RULE =
  "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DATA_KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const FIXED = 'Forbidden: field is immutable when `immutable` is set';

/** @throws Failure 422 */
export function validateContents(resource: Resource, draft: Draft, before?: Draft): void {
  const causes = [...annotationCauses(draft), ...labelCauses(draft), ...(hasData(resource) ? dataCauses(draft) : [])];
  if (before && hasData(resource) && before['immutable'] === true) {
    if (draft['immutable'] !== true) causes.push(fixed('immutable'));
    for (const field of ['data', 'binaryData'])
      if (!isDeepStrictEqual(before[field] ?? {}, draft[field] ?? {})) causes.push(fixed(field));
  }
  if (causes.length > 0) throw invalid(resource.kind, resource.group, draft.metadata.name ?? '', causes);
}

const hasData = ({ plural }: Resource): boolean => plural === 'configmaps' || plural === 'secrets';
const fixed = (field: string): Cause => ({ reason: 'FieldValueForbidden', message: FIXED, field });
const wrong = (field: string, value: string, rule: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: "${value}": ${rule}`,
  field,
});

function annotationCauses({ metadata }: Draft): Cause[] {
  return Object.keys(metadata.annotations ?? {}).flatMap((key) => {
    const [name = '', prefix] = key.split('/').toReversed();
    return [
      ...(prefix !== undefined && !PREFIX.test(prefix) ? [wrong('metadata.annotations', key, PREFIX_RULE)] : []),
      ...(NAME_PART.test(name) ? [] : [wrong('metadata.annotations', key, NAME_RULE)]),
    ];
  });
}

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const labelCauses = ({ metadata }: Draft): Cause[] =>
  Object.values(metadata.labels ?? {}).flatMap((value) =>
    LABEL_VALUE.test(value) ? [] : [wrong('metadata.labels', value, LABEL_VALUE_RULE)],
  );

const dataCauses = (draft: Draft): Cause[] =>
  ['data', 'binaryData'].flatMap((field) =>
    Object.keys((draft[field] ?? {}) as object)
      .filter((key) => !DATA_KEY.test(key))
      .map((key) => wrong(`${field}[${key}]`, key, DATA_KEY_RULE)),
  );
