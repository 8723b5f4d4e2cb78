/** Every pattern that is looked for, candlesticks first. A pattern's index is its place here. */
export const PATTERN_TYPES = [
  'doji',
  'long_legged_doji',
  'dragonfly_doji',
  'gravestone_doji',
  'hammer',
  'hanging_man',
  'inverted_hammer',
  'shooting_star',
  'bullish_marubozu',
  'bearish_marubozu',
  'spinning_top',
  'high_wave',
  'bullish_engulfing',
  'bearish_engulfing',
  'bullish_harami',
  'bearish_harami',
  'bullish_harami_cross',
  'bearish_harami_cross',
  'piercing_line',
  'dark_cloud_cover',
  'tweezer_top',
  'tweezer_bottom',
  'morning_star',
  'evening_star',
  'morning_doji_star',
  'evening_doji_star',
  'three_white_soldiers',
  'three_black_crows',
  'three_inside_up',
  'three_inside_down',
  'three_outside_up',
  'three_outside_down',
  'double_top',
  'double_bottom',
  'head_and_shoulders',
  'inverse_head_and_shoulders',
  'ascending_triangle',
  'descending_triangle',
  'symmetrical_triangle',
  'rising_wedge',
  'falling_wedge',
  'channel_up',
  'channel_down',
  'channel_flat',
  'bull_flag',
  'bear_flag',
  'bull_pennant',
  'bear_pennant',
  'breakout_up',
  'breakout_down',
  'moving_average_cross_up',
  'moving_average_cross_down',
  'bollinger_squeeze',
  'gap_up',
  'gap_down',
] as const;

export type PatternType = (typeof PATTERN_TYPES)[number];

/** Indices below this one are candlesticks, the others chart patterns. */
export const CANDLESTICK_COUNT = PATTERN_TYPES.indexOf('double_top');

/** Finds the index of a pattern. */
export function patternIndex(type: PatternType): number {
  return PATTERN_TYPES.indexOf(type);
}

/** Names the pattern with this index. @throws RangeError when there is none */
export function patternType(index: number): PatternType {
  const type = PATTERN_TYPES[index];
  if (type === undefined) throw new RangeError(`no pattern ${index}: there are ${PATTERN_TYPES.length}`);
  return type;
}
