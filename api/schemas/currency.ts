import { z } from '@hono/zod-openapi';

/** Active ISO 4217 currencies, without metals, test and bond-market codes. */
const ISO_4217 = new Set(
  `aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn
  bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs
  gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw
  kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad
  ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd
  shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyu uzs ved
  ves vnd vuv wst xaf xcd xcg xof xpf yer zar zmw zwg`.split(/\s+/),
);

const UNIT = /^[a-z][a-z0-9_]{3,15}$/;

/** True for an ISO 4217 code in lower case, or a unit of one's own of 4 to 16 characters. */
export function isCurrency(value: string): boolean {
  return ISO_4217.has(value) || UNIT.test(value);
}

export const currencySchema = z
  .string()
  .refine(
    isCurrency,
    'must be a lower-case ISO 4217 code such as usd, or a unit of 4 to 16 characters such as credit',
  )
  .openapi({ example: 'usd' });
