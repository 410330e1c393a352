/** The marks that securing a region leaves in its cluster: what sets them and what takes them away must mean the same. */

/** The one policy Regent may write: its role is given by this name. */
export const DENY_POLICY = 'regent-fence';

/** A label to select by, and an annotation to read: `kubectl get nodes,namespaces -l regent.dev/review`. */
export const REVIEW = 'regent.dev/review';
export const REVIEW_NOTE = 'regent.dev/review-note';
