import type { CarriedModule } from './carried-modules.js';

/** Debian's `copyright`: what the package carries, and each licence's text once. */
export function copyrightText(nodeLicense: string, modules: readonly CarriedModule[], nodeVersion: string): string {
  const texts = [...new Set(modules.flatMap(({ licenseTexts }) => licenseTexts))];
  const row = ({ name, version, license, licenseTexts }: CarriedModule): string => {
    const places = licenseTexts.map((text) => `[${texts.indexOf(text) + 1}]`).join(' ');
    return `  ${name} ${version}: ${license} ${places || '(brings no text of its own)'}`;
  };
  return [
    'axond',
    'Copyright: the authors of axond',
    'Licence: Apache-2.0, whose text is in /usr/share/common-licenses/Apache-2.0',
    '',
    'Networks and firmware that come with it have licences of their own where their cards say so:',
    '  /usr/lib/axond/models/zoo/*.md (spindle-t1 and spindle-t1-mean learned from recordings that are not for commercial use)',
    '  /usr/lib/axond/firmware-bridge/firmware/third_party/README.md',
    '',
    'It carries these modules, with the numbers of their texts below:',
    ...modules.map(row),
    `and Node.js ${nodeVersion}, whose text comes last.`,
    ...texts.flatMap((text, place) => ['', `----- [${place + 1}] -----`, '', text]),
    '',
    `----- Node.js ${nodeVersion} -----`,
    '',
    nodeLicense.trim(),
    '',
  ].join('\n');
}
