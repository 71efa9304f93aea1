/** The answer of `work`, or `otherwise` when it fails or takes longer than `ms`. */
export async function within<T, U>(work: PromiseLike<T>, ms: number, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<U>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  const asked = work.then(
    (answer): T | U => answer,
    (): T | U => otherwise,
  );
  const answer = await Promise.race([asked, late]);
  clearTimeout(timer);
  return answer;
}
