import type { Pairs } from "../words";

export const words = {
  lead: ["What each verdict found on problems that no training saw: shares with 95% intervals, and the same problems side by side.", "每次评测在训练未见过的题上的结果：占比附 95% 区间，并在同一批题上逐一对比。"],
  none: ["No verdict yet", "还没有评测"],
  noneHelp: ["A verdict block judges a scenario before its release: it needs problems that the training did not see.", "verdict 块在发布前评测一个场景，需要训练没有见过的题目。"],
  choose: ["Verdict", "评测"],
  against: ["Compared with", "对照"],
  pairedWith: ["{0} against {1}", "{0} 对 {1}"],
  paired: ["Paired: the same problems, {0} against {1}", "配对比较：同一批题，{0} 对 {1}"],
  both: ["both right", "都对"],
  gained: ["improved", "改进"],
  lost: ["regressed", "退步"],
  neither: ["neither right", "都错"],
  difference: ["Difference", "差值"],
  interval: ["95% interval", "95% 区间"],
  clear: ["It is clearly better: the interval lies above zero.", "明显更好：区间在零以上。"],
  worse: ["It is clearly worse: the interval lies below zero.", "明显更差：区间在零以下。"],
  open: ["It cannot be told: the interval holds zero.", "无法判定：区间包含零。"],
  family: ["Family", "题型"],
} satisfies Pairs;
