/** Lists as the API hands them out: large ones come in pages, and every page is asked for. */

/** How many objects one answer carries at most. */
const PAGE = 500;

type Page<T> = { items: T[]; metadata?: { _continue?: string } };

/** Everything a list call has, page by page. */
export async function everyPage<T>(
  list: (page: { limit: number; _continue?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await list({ limit: PAGE, ...(token ? { _continue: token } : {}) });
    all.push(...page.items);
    token = page.metadata?._continue;
  } while (token);
  return all;
}
