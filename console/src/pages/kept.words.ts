import type { Pairs } from "../words";

export const words = {
  leave: ["Sign out of this browser", "在此浏览器退出登录"],
  leaves: ["Conversations kept in this browser alone: {0}. Signing out deletes them.", "只保存在此浏览器中的对话：{0} 个。退出登录会将其删除。"],
  leaveGo: ["Delete and sign out", "删除并退出"],
  stay: ["Stay", "不退出"],
} satisfies Pairs;
