import type { Pairs } from "../words";

export const words = {
  cite: ["Source {0}: {1}", "出处 {0}：{1}"],
  unsupported: ["not in the sources", "出处中没有依据"],
  count: ["{0} of {1} sentences are not in the sources.", "{1} 句中有 {0} 句在出处中没有依据。"],
  allIn: ["All {0} sentences are in the sources.", "{0} 句在出处中都有依据。"],
  corrected: ["Numbers of sources put right or taken out: {0}.", "改正或去掉的出处编号：{0} 个。"],
  read: ["Also read, and not cited ({0})", "读过但未引用（{0}）"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open the document here", "在此处打开文档"],
  write: ["Have a model write the answer", "由模型撰写回答"],
  model: ["Model", "模型"],
  writing: ["The model is reading the passages…", "模型正在阅读段落……"],
} satisfies Pairs;
