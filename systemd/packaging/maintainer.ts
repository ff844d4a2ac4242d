/**
 * Who answers for a package is who builds it: as Debian's own tools ask, `DEBFULLNAME` and `DEBEMAIL`; without them who
 * made the last commit, which `lastCommit` gives as `NAME <ADDRESS>`.
 */
export function maintainerOf(
  { DEBFULLNAME: name, DEBEMAIL: address }: Readonly<Record<string, string | undefined>>,
  lastCommit: () => string,
): string {
  if ((name === undefined) !== (address === undefined))
    throw new Error('DEBFULLNAME and DEBEMAIL name the maintainer of a package together: set both, or neither.');
  const maintainer = name === undefined ? lastCommit().trim() : `${name} <${address}>`;
  if (!/^[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>$/.test(maintainer))
    throw new Error(`${JSON.stringify(maintainer)} is no name and address. Set DEBFULLNAME and DEBEMAIL.`);
  return maintainer;
}
