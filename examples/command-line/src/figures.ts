// Numbers as people read them.

/** `1,234,567` */
export function grouped(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** Three significant digits: `950`, `182k`, `1.07M` */
export function brief(number: number): string {
  const [scaled, unit] = number >= 999_500 ? [number / 1e6, 'M'] : number >= 999.5 ? [number / 1e3, 'k'] : [number, ''];
  return `${scaled >= 99.5 || unit === '' ? Math.round(scaled) : scaled.toPrecision(3)}${unit}`;
}

/** `4.2 s`, `42 s`, `3 min 5 s`, `2 h 10 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
