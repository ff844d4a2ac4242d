/** Which chip holds the header's pins, found by its label: numbers of chips and lines moved with kernels and boards. */

/** Labels of the chips behind the 40-pin header: Raspberry Pi 1 to 3, 4, 5. */
export const headerLabels = ['pinctrl-bcm2835', 'pinctrl-bcm2711', 'pinctrl-rp1'] as const;

export interface Chip {
  readonly label: string;
  /** Number of its first line, where lines are counted over all chips. */
  readonly base: number;
  readonly lines: number;
}

/** Names in a folder, and the text of a file; either throws where there is none. */
export interface FolderReader {
  readonly list: (folder: string) => readonly string[];
  readonly read: (file: string) => string;
}

export const sysfsFolder = '/sys/class/gpio';

/** The chips that sysfs shows; none where the kernel has no sysfs for GPIO. */
export function sysfsChips({ list, read }: FolderReader): Chip[] {
  let names: readonly string[];
  try {
    names = list(sysfsFolder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^gpiochip\d+$/.test(name))
    .map((name) => {
      const word = (file: string): string => read(`${sysfsFolder}/${name}/${file}`).trim();
      return { label: word('label'), base: Number(word('base')), lines: Number(word('ngpio')) };
    });
}

/** The chip of this label, of the header's without one. Throws one line with what there is instead. */
export function chooseChip<Found extends { readonly label: string; readonly lines: number }>(
  chips: readonly Found[],
  label: string | undefined,
  highestLine: number,
): Found {
  const wanted: readonly string[] = label === undefined ? headerLabels : [label];
  const chip = chips.find((one) => wanted.includes(one.label));
  if (!chip) {
    const here = chips.map((one) => one.label).join(', ') || 'none';
    throw new Error(
      `gpio: there is no chip ${wanted.join(' or ')} (chips here: ${here}). Correct the label of the chip.`,
    );
  }
  if (highestLine >= chip.lines) {
    throw new Error(`gpio: ${chip.label} has no line ${highestLine}, only 0 to ${chip.lines - 1}. Correct the line.`);
  }
  return chip;
}

/**
 * Whether a line falls when the process that held it dies. Kernels of Raspberry Pi OS keep the level that was driven
 * last, unless told otherwise; where nothing says, it is not known.
 */
export function fallsOnDeath({ read }: FolderReader, label: string): boolean {
  const module = label === 'pinctrl-rp1' ? 'pinctrl_rp1' : 'pinctrl_bcm2835';
  if (!headerLabels.some((known) => known === label)) return false;
  try {
    return read(`/sys/module/${module}/parameters/persist_gpio_outputs`).trim() === 'N';
  } catch {
    return false;
  }
}
