/** A day of the calendar: months and days count from 1. */
export interface CalendarDate {
  year: number;
  month: number;
  day: number;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

/** Of a format: `YYYY`, `YY`, `MMM` for the name, `MM` and `DD`; all else stands for itself. */
const parts = /YYYY|YY|MMM|MM|DD/g;

/** The formats of tfjs's own example, from which none of a hundred years can be read in two ways. */
export const formats = [
  'DDMMMYYYY',
  'MMDDYY',
  'MM/DD/YY',
  'MM/DD/YYYY',
  'DD-MM-YYYY',
  'MMM DD YY',
  'MMM DD YYYY',
  'MMM DD, YY',
  'MMM DD, YYYY',
  'DD.MM.YYYY',
  'YYYY.MM.DD',
  'YYYYMMDD',
  'YYYY-MM-DD',
] as const;

export const iso = 'YYYY-MM-DD';

/** A date in a format: in `MMM DD, YYYY`, `JAN 20, 2019`. */
export function formatted({year, month, day}: CalendarDate, format: string): string {
  const written: Record<string, string> = {
    YYYY: String(year),
    YY: twoDigits(year % 100),
    MMM: months[month - 1]!,
    MM: twoDigits(month),
    DD: twoDigits(day),
  };
  return format.replace(parts, (part) => written[part]!);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
