/** From where a rule would capture, given the average that a reading is compared with: the same decision as holmes'. */

/**
 * `rule` as the settings tell it; a limit that is none is `null`. `average`: of the ten readings before, `null` before
 * there were so many. `null`: no reading is high enough for a capture.
 */
export function limitFor(average, { enabled, min, diff, abs, max }) {
  if (!enabled) return null;
  const grown =
    average === null || diff === null
      ? Number.POSITIVE_INFINITY
      : average > 0
        ? average * (1 + diff)
        : // From nothing, any growth counts.
          Number.MIN_VALUE;
  const limit = Math.max(min ?? 0, Math.min(abs ?? Number.POSITIVE_INFINITY, grown));
  return limit < (max ?? Number.POSITIVE_INFINITY) ? limit : null;
}

/** What the rule says, short enough for a caption: `≥ 70 % · avg + 25 %, min 10 %`. */
export function limitText(rule, write) {
  if (rule === undefined) return 'no rule looks at it';
  if (!rule.enabled) return 'its rule is off';
  const { min, diff, abs } = rule;
  const parts = [];
  if (abs !== null) parts.push(`≥ ${write(abs)}`);
  if (diff !== null) parts.push(`avg + ${Math.round(diff * 100)} %${min > 0 ? `, min ${write(min)}` : ''}`);
  return parts.length === 0 ? 'never captured' : parts.join(' · ');
}
