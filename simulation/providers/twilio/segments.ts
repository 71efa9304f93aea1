const GSM =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡' +
  'ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** Written with two characters each. */
const GSM_EXTENDED = '^{}\\[~]|€';

/** How many SMS segments a text takes: 160 or 153 characters each, or 70 or 67 outside GSM-7. */
export function segmentsOf(text: string): number {
  const characters = [...text];
  const extended = characters.filter((character) => GSM_EXTENDED.includes(character)).length;
  const plain = characters.every((c) => GSM.includes(c) || GSM_EXTENDED.includes(c));
  const length = plain ? characters.length + extended : text.length;
  const [single, several] = plain ? [160, 153] : [70, 67];
  return length <= single ? 1 : Math.ceil(length / several);
}
