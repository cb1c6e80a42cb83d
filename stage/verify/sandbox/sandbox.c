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

enum { deepest = 500 }; // lists and objects in one another that a result may have

// plain returns a copy of v that JSON means as it stands, or an exception:
// JSON.stringify alone makes null of NaN and of a function in a list, {} of a
// Map, nothing of a property that is undefined, and what a toJSON says of its
// object. The copy has no prototype, so that nothing the program put into one
// is asked when it is written. It frees nothing of v.
static JSValue plain(JSValue v, int depth) {
	static JSClassID object;
	if (!object) {
		JSValue o = JS_NewObject(ctx);
		object = JS_GetClassID(o);
		JS_FreeValue(ctx, o);
	}
	double d;
	if (JS_IsNull(v) || JS_IsBool(v) || JS_IsString(v)) return JS_DupValue(ctx, v);
	if (JS_IsNumber(v) && !JS_ToFloat64(ctx, &d, v) && d - d == 0) return JS_DupValue(ctx, v);
	int list = JS_IsArray(v);
	if (!list && (!JS_IsObject(v) || JS_GetClassID(v) != object) || depth == deepest) return JS_ThrowTypeError(ctx, "the result is no JSON");
	JSValue f = JS_GetPropertyStr(ctx, v, "toJSON");
	int speaks = JS_IsException(f) || JS_IsFunction(ctx, f);
	JS_FreeValue(ctx, f);
	if (speaks) return JS_ThrowTypeError(ctx, "the result says itself what it is as JSON");
	int64_t n = 0;
	JSPropertyEnum *names = NULL;
	uint32_t count = 0;
	if (list) {
		if (JS_GetLength(ctx, v, &n) < 0) return JS_EXCEPTION;
	} else {
		if (JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return JS_EXCEPTION;
		n = count;
	}
	JSValue copy = list ? JS_NewArray(ctx) : JS_NewObjectProto(ctx, JS_NULL);
	int failed = JS_IsException(copy) || list && JS_SetPrototype(ctx, copy, JS_NULL) < 0;
	for (int64_t i = 0; i < n && !failed; i++) {
		JSValue part = list ? JS_GetPropertyInt64(ctx, v, i) : JS_GetProperty(ctx, v, names[i].atom);
		JSValue p = JS_IsException(part) ? part : plain(part, depth + 1);
		if (!JS_IsException(part)) JS_FreeValue(ctx, part);
		failed = JS_IsException(p) || (list ? JS_DefinePropertyValueUint32(ctx, copy, i, p, JS_PROP_C_W_E) : JS_DefinePropertyValue(ctx, copy, names[i].atom, p, JS_PROP_C_W_E)) < 0;
	}
	if (names) JS_FreePropertyEnum(ctx, names, count);
	if (!failed) return copy;
	JS_FreeValue(ctx, copy);
	return JS_EXCEPTION;
}

// awaited returns what a promise settles on, or an exception: what it is rejected with, or
// that nothing is left to run that could settle it. Of anything else, it is that itself. What
// waits runs on the same fuel; QuickJS hardly counts what is run anew for each await, so that
// each hundred of those takes one more. It frees v.
static JSValue awaited(JSValue v) {
	if (!JS_IsPromise(v)) return v;
	JSContext *c;
	for (long n = 1; JS_PromiseState(ctx, v) == JS_PROMISE_PENDING && fuel >= 0 && JS_ExecutePendingJob(rt, &c) > 0; n++)
		if (n % 100 == 0) fuel--;
	JSPromiseStateEnum state = JS_PromiseState(ctx, v);
	JSValue result = state == JS_PROMISE_PENDING ? JS_UNDEFINED : JS_PromiseResult(ctx, v);
	JS_FreeValue(ctx, v);
	if (state == JS_PROMISE_FULFILLED) return result;
	if (state == JS_PROMISE_REJECTED) return JS_Throw(ctx, result);
	return JS_ThrowTypeError(ctx, "the result does not come");
}

// call calls the function that the expression name gives with args, a JSON
// array, and leaves the result, awaited, as JSON; one that is no JSON is an exception.
EXPORT("call") int call(const char *name, const char *args, size_t n) {
	JSValue f = JS_Eval(ctx, name, strlen(name), "call", JS_EVAL_TYPE_GLOBAL);
	if (JS_IsException(f)) return tell(f);
	JSValue list = JS_ParseJSON(ctx, args, n, "args");
	if (JS_IsException(list)) return tell(list);
	int64_t count = 0;
	JSValue argv[64];
	if (JS_GetLength(ctx, list, &count) < 0 || count > 64) return 2;
	for (int i = 0; i < count; i++) argv[i] = JS_GetPropertyUint32(ctx, list, i);
	JSValue v = awaited(JS_Call(ctx, f, JS_UNDEFINED, count, argv));
	if (JS_IsException(v)) return tell(v);
	JSValue copy = plain(v, 0);
	JS_FreeValue(ctx, v);
	if (JS_IsException(copy)) return tell(copy);
	JSValue json = JS_JSONStringify(ctx, copy, JS_UNDEFINED, JS_UNDEFINED);
	JS_FreeValue(ctx, copy);
	return tell(json);
}
