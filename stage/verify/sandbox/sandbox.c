// The sandbox: QuickJS with five functions for the host, and nothing for the
// program that runs in it but the language itself.
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

#define EXPORT(name) __attribute__((export_name(name)))

static JSRuntime *rt;
static JSContext *ctx;
static long fuel; // interrupts left: QuickJS asks once in 10,000 jumps and calls
static const char *out = "";
static size_t out_len;

static int interrupt(JSRuntime *r, void *opaque) { return fuel-- <= 0; }

// tell keeps a value's text, or the exception's if it is one, for the host.
static int tell(JSValue v) {
	int failed = JS_IsException(v);
	JSValue e = failed ? JS_GetException(ctx) : v;
	const char *s = JS_ToCStringLen(ctx, &out_len, e);
	out = s ? s : (out_len = 0, "");
	JS_FreeValue(ctx, e);
	return failed || !s;
}

EXPORT("allocate") void *allocate(size_t n) { return malloc(n); }
EXPORT("out") const char *out_at(void) { return out; }
EXPORT("out_len") size_t out_length(void) { return out_len; }

// begin starts the language with so much memory, in bytes, and fuel.
EXPORT("begin") int begin(size_t memory, long most) {
	rt = JS_NewRuntime();
	if (!rt) return 1;
	JS_SetMemoryLimit(rt, memory);
	JS_SetMaxStackSize(rt, 256 << 10);
	JS_SetInterruptHandler(rt, interrupt, NULL);
	fuel = most;
	ctx = JS_NewContext(rt);
	return !ctx;
}

// load runs a program. code ends with a 0 that n does not count.
EXPORT("load") int load(const char *code, size_t n) {
	JSValue v = JS_Eval(ctx, code, n, "answer.js", JS_EVAL_TYPE_GLOBAL);
	if (JS_IsException(v)) return tell(v);
	JS_FreeValue(ctx, v);
	return 0;
}

// call calls the function that the expression name gives with args, a JSON
// array, and leaves the result as JSON.
EXPORT("call") int call(const char *name, const char *args, size_t n) {
	JSValue f = JS_Eval(ctx, name, strlen(name), "call", JS_EVAL_TYPE_GLOBAL);
	if (JS_IsException(f)) return tell(f);
	JSValue list = JS_ParseJSON(ctx, args, n, "args");
	if (JS_IsException(list)) return tell(list);
	int64_t count = 0;
	JSValue argv[64];
	if (JS_GetLength(ctx, list, &count) < 0 || count > 64) return 2;
	for (int i = 0; i < count; i++) argv[i] = JS_GetPropertyUint32(ctx, list, i);
	JSValue v = JS_Call(ctx, f, JS_UNDEFINED, count, argv);
	if (JS_IsException(v)) return tell(v);
	JSValue json = JS_JSONStringify(ctx, v, JS_UNDEFINED, JS_UNDEFINED);
	JS_FreeValue(ctx, v);
	return tell(json);
}
