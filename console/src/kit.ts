// What the frame and every page share. It is one file for the browser, loaded
// once; pages import from here alone, and are loaded when they are opened.
export { h, render, Fragment } from "preact";
export type { ComponentChildren } from "preact";
export { useEffect, useMemo, useRef, useState } from "preact-hooks";
export * from "./api";
export * from "./chart";
export * from "./follow";
export * from "./format";
export * from "./parts";
export * from "./state";
export * from "./table";
export { maybe, say, t, type Word } from "./words";
