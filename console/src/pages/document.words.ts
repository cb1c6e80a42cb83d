import type { Pairs } from "../words";

export const words = {
  close: ["Close", "关闭"],
  page: ["Page {0}", "第 {0} 页"],
  whole: ["The document", "全文"],
  before: ["Page before", "上一页"],
  next: ["Next page", "下一页"],
  asRead: ["The text as it was read: without its layout and pictures. What is cited is marked.", "读入的文字，不含版式与图片。被引用处已标出。"],
  views: ["How the page shows", "页面显示方式"],
  asDrawn: ["As it looks", "原样"],
  asText: ["As text", "文字"],
  drawnHelp: ["The page as it looks. Choose a passage to see where it stands.", "页面原样。选择段落可查看其位置。"],
  placed: ["The page as it looks. Passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段已标出，位于页高的 {1}% 至 {2}%。"],
  placedQuote: ["The page as it looks. What is cited of passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段中被引用处已标出，位于页高的 {1}% 至 {2}%。"],
  unplaced: ["The page as it looks. Where the passage stands on it was not found; it is marked in the text.", "页面原样。未能在图上找到该段落的位置；文字视图中已标出。"],
  drawnAlt: ["Page {0} of {1}, drawn", "{1} 第 {0} 页的图像"],
  undrawn: ["The page cannot be drawn: the file changed or went since it was read. This is its text.", "无法绘制该页：文件在读入后有改动或已移走。以下是其文字。"],
  passages: ["Its passages", "所含段落"],
  place: ["bytes {0} to {1} of the text", "文本字节 {0}–{1}"],
  gone: ["You may not read this document, or it is not there any more.", "您无权阅读该文档，或它已不在。"],
} satisfies Pairs;
