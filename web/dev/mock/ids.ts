// Ids in the server's form, in order.

let count = 0;

export function newId(prefix: string): string {
  count += 1;
  return `${prefix}_${String(count).padStart(26, "0")}`;
}
