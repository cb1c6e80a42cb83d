import type { Pairs } from "../words";

export const words = {
  list: ["Problem by problem", "逐题对比"],
  change: ["Which", "哪些"],
  change_: ["all", "全部"],
  change_improved: ["improved", "变好"],
  change_regressed: ["regressed", "变差"],
  change_same: ["the same", "不变"],
  rows: ["{0} problems", "{0} 题"],
  at: ["{0} to {1}", "第 {0}–{1} 题"],
  before: ["Before", "上一页"],
  next: ["Next", "下一页"],
  want: ["Right is", "正确答案"],
  right: ["right", "对"],
  wrong: ["wrong", "错"],
  trace: ["How it came: {0} tokens, ended by {1}", "过程：{0} 个词元，因 {1} 结束"],
  noThought: ["It did not think.", "没有思考过程。"],
  masked: ["the policy changed it", "被策略改动"],
  called: ["called {0}", "调用了 {0}"],
  refused: ["refused by {0}", "被 {0} 拒绝"],
  nothing: ["no answer", "没有回答"],
  none: ["None of these.", "没有这样的题。"],
} satisfies Pairs;
