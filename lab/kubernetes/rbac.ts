/** Rights as a cluster gives them: Roles, ClusterRoles and their bindings out of a manifest, asked by the API server. */
import { parseAllDocuments } from 'yaml';
import type { Attempt } from './failures.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
type Manifest = { kind: string; metadata: { name: string; namespace?: string } };
type Role = Manifest & { rules: Rule[] };
type Binding = Manifest & { roleRef: { kind: string; name: string }; subjects: { kind: string; name: string }[] };

/** Whether the manifest's bindings let a user do it. Nothing is allowed by default, as in a real cluster. */
export function rightsIn(yaml: string): (attempt: Attempt) => boolean {
  const objects = parseAllDocuments(yaml).map((one) => one.toJS() as Role | Binding);
  const roles = objects.filter((one): one is Role => 'rules' in one);
  const bindings = objects.filter((one): one is Binding => 'subjects' in one);
  // A Role counts in its binding's namespace only, a ClusterRole there or, bound to the cluster, everywhere.
  const ruledBy = ({ roleRef: { kind, name }, metadata: { namespace } }: Binding): Rule[] =>
    roles
      .filter((role) => role.kind === kind && role.metadata.name === name)
      .filter((role) => role.kind === 'ClusterRole' || role.metadata.namespace === namespace)
      .flatMap(({ rules }) => rules);
  return (attempt) =>
    bindings
      .filter(({ subjects }) => subjects.some(({ kind, name }) => kind === 'User' && name === attempt.user))
      .filter(({ kind, metadata }) => kind === 'ClusterRoleBinding' || metadata.namespace === attempt.namespace)
      .flatMap(ruledBy)
      .some((rule) => allows(rule, attempt));
}

function allows(rule: Rule, { verb, resource, name, sub }: Attempt): boolean {
  const asked = sub === undefined ? resource.plural : `${resource.plural}/${sub}`;
  return (
    rule.apiGroups.includes(resource.group) &&
    rule.resources.includes(asked) &&
    rule.verbs.includes(verb) &&
    // A list or a creation names nothing, so a rule that is only of names never allows it.
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)))
  );
}
