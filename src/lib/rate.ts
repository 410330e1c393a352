/** `31`, `0.25`, `1200`: a rate to two digits, or whole where it has more. */
export const rateText = (rate: number): string => String(rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(2)));
