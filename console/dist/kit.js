// vendor/preact/constants.js
var MODE_HYDRATE = 1 << 5;
var MODE_SUSPENDED = 1 << 7;
var INSERT_VNODE = 1 << 2;
var MATCHED = 1 << 1;
var REF_DETACHED = 1 << 3;
var COMPONENT_PROCESSING_EXCEPTION = 1 << 0;
var COMPONENT_PENDING_ERROR = 1 << 1;
var COMPONENT_FORCE = 1 << 2;
var COMPONENT_DIRTY = 1 << 3;
var RESET_MODE = ~(MODE_HYDRATE | MODE_SUSPENDED);
var SVG_NAMESPACE = "http://www.w3.org/2000/svg";
var XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml";
var MATH_NAMESPACE = "http://www.w3.org/1998/Math/MathML";
var NULL = null;
var UNDEFINED = void 0;
var VNODE_MARKER = /* @__PURE__ */ Symbol.for("pv");
var EMPTY_OBJ = (
  /** @type {any} */
  {}
);
var EMPTY_ARR = [];
var MATHML_TOKEN_ELEMENTS = /^m(i|n|o|s|text|space)$/;
var LIS_CANDIDATE = 1 << 4;

// vendor/preact/util.js
var isArray = Array.isArray;
var slice = EMPTY_ARR.slice;
var assign = Object.assign;
function removeNode(node) {
  if (node && node.parentNode) node.remove();
}

// vendor/preact/diff/catch-error.js
function _catchError(error, vnode, oldVNode, errorInfo) {
  let component, ctor, handled;
  for (; vnode = vnode._parent; ) {
    if ((component = vnode._component) && !(component._bits & COMPONENT_PROCESSING_EXCEPTION)) {
      component._bits |= COMPONENT_FORCE;
      try {
        ctor = component.constructor;
        if (handled = ctor && ctor.getDerivedStateFromError) {
          component.setState(ctor.getDerivedStateFromError(error));
        }
        if (component.componentDidCatch) {
          component.componentDidCatch(error, errorInfo || {});
          handled = 1;
        }
        if (handled && component._bits & COMPONENT_DIRTY) {
          component._bits |= COMPONENT_PENDING_ERROR;
          return;
        }
      } catch (e) {
        error = e;
      }
    }
  }
  resetRenderCount();
  throw error;
}

// vendor/preact/options.js
var options = {
  _catchError
};
var options_default = options;

// vendor/preact/create-element.js
var vnodeId = 0;
function createElement(type, props, children) {
  let normalizedProps = {}, key, ref, i, length = arguments.length;
  for (i in props) {
    if (i == "key") key = props[i];
    else if (i == "ref" && typeof type != "function") ref = props[i];
    else normalizedProps[i] = props[i];
  }
  if (length > 2) {
    normalizedProps.children = length > 3 ? slice.call(arguments, 2) : children;
  }
  return createVNode(type, normalizedProps, key, ref, NULL);
}
function createVNode(type, props, key, ref, original) {
  const vnode = {
    type,
    props,
    key,
    ref,
    _children: NULL,
    _parent: NULL,
    _depth: 0,
    _dom: NULL,
    _component: NULL,
    constructor: VNODE_MARKER,
    _original: original || ++vnodeId,
    _index: -1,
    _flags: 0
  };
  if (!original && options_default.vnode) options_default.vnode(vnode);
  return vnode;
}
function Fragment(props) {
  return props.children;
}

// vendor/preact/component.js
function BaseComponent(props, context) {
  this.props = props;
  this.context = context;
  this._bits = 0;
}
BaseComponent.prototype.setState = function(update, callback) {
  let s = this._nextState;
  if (!s || s == this.state) {
    s = this._nextState = assign({}, this.state);
  }
  if (typeof update == "function") {
    update = update(assign({}, s), this.props);
  }
  if (update) {
    assign(s, update);
  } else {
    return;
  }
  if (this._vnode) {
    if (callback) {
      this._stateCallbacks.push(callback);
    }
    enqueueRender(this);
  }
};
BaseComponent.prototype.forceUpdate = function(callback) {
  if (this._vnode) {
    this._bits |= COMPONENT_FORCE;
    if (callback) this._renderCallbacks.push(callback);
    enqueueRender(this);
  }
};
BaseComponent.prototype.render = Fragment;
function getDomSibling(vnode, childIndex) {
  if (childIndex == NULL) {
    return vnode._parent && getDomSibling(vnode._parent, vnode._index + 1);
  }
  let sibling;
  for (; childIndex < vnode._children.length; childIndex++) {
    sibling = vnode._children[childIndex];
    if (sibling && sibling._dom) {
      return sibling._dom;
    }
  }
  return typeof vnode.type == "function" && !vnode.props._parentDom ? getDomSibling(vnode) : NULL;
}
function renderComponent(component) {
  const oldVNode = component._vnode, oldDom = oldVNode._dom, commitQueue = [], refQueue = [];
  const parentDom = component._parentDom;
  if (parentDom) {
    const newVNode = assign({ constructor: VNODE_MARKER }, oldVNode);
    newVNode._original = oldVNode._original + 1;
    if (options_default.vnode) options_default.vnode(newVNode);
    diff(
      parentDom,
      newVNode,
      oldVNode,
      component._globalContext,
      parentDom.namespaceURI,
      oldVNode._flags & MODE_HYDRATE ? [oldDom] : NULL,
      commitQueue,
      oldDom || getDomSibling(oldVNode),
      oldVNode._flags & MODE_HYDRATE,
      refQueue
    );
    newVNode._original = oldVNode._original;
    newVNode._parent._children[newVNode._index] = newVNode;
    commitRoot(commitQueue, newVNode, refQueue);
    oldVNode._parent = oldVNode._dom = NULL;
    if (newVNode._dom != oldDom) {
      updateParentDomPointers(newVNode);
    }
  }
}
function updateParentDomPointers(vnode) {
  if ((vnode = vnode._parent) && vnode._component && !vnode.props._parentDom) {
    vnode._dom = NULL;
    vnode._children.some((child) => child && (vnode._dom = child._dom));
    return updateParentDomPointers(vnode);
  }
}
var rerenderQueue = [];
var prevDebounce;
var rerenderCount = 0;
function resetRenderCount() {
  rerenderCount = 0;
}
function enqueueRender(c) {
  if (!(c._bits & COMPONENT_DIRTY) && (c._bits |= COMPONENT_DIRTY, rerenderQueue.push(c), !rerenderCount++) || prevDebounce != options_default.debounceRendering) {
    prevDebounce = options_default.debounceRendering;
    (prevDebounce || queueMicrotask)(process);
  }
}
var depthSort = (a, b) => a._vnode._depth - b._vnode._depth;
function process() {
  try {
    let c, l = 1;
    while (rerenderQueue.length) {
      if (rerenderQueue.length > l) {
        rerenderQueue.sort(depthSort);
      }
      c = rerenderQueue.shift();
      l = rerenderQueue.length;
      if (c._bits & COMPONENT_DIRTY) {
        renderComponent(c);
      }
    }
  } finally {
    if (rerenderCount = rerenderQueue.length) {
      (prevDebounce || queueMicrotask)(process);
    }
  }
}

// vendor/preact/diff/children.js
function diffChildren(parentDom, renderResult, newParentVNode, oldParentVNode, globalContext, namespace, excessDomChildren, commitQueue, oldDom, isHydrating, refQueue) {
  let i, oldVNode, childVNode, newDom, firstChildDom;
  let oldChildren = oldParentVNode._children || EMPTY_ARR;
  let newChildrenLength = renderResult.length;
  oldDom = constructNewChildrenArray(
    newParentVNode,
    renderResult,
    oldChildren,
    oldDom,
    newChildrenLength
  );
  for (i = 0; i < newChildrenLength; i++) {
    childVNode = newParentVNode._children[i];
    if (childVNode == NULL) continue;
    oldVNode = ~childVNode._index && oldChildren[childVNode._index] || EMPTY_OBJ;
    childVNode._index = i;
    let result = diff(
      parentDom,
      childVNode,
      oldVNode,
      globalContext,
      namespace,
      excessDomChildren,
      commitQueue,
      oldDom,
      isHydrating,
      refQueue
    );
    newDom = childVNode._dom;
    if (oldVNode.ref != childVNode.ref || oldVNode._flags & REF_DETACHED) {
      if (oldVNode.ref) applyRef(oldVNode.ref, NULL, childVNode, oldVNode);
      if (childVNode.ref) {
        refQueue.push(
          childVNode.ref,
          childVNode._component || newDom,
          childVNode
        );
      }
    }
    firstChildDom = firstChildDom || newDom;
    if (childVNode._flags & INSERT_VNODE) {
      oldDom = insert(childVNode, oldDom, parentDom, !oldVNode._original);
      if (oldVNode._dom) {
        oldVNode._dom = NULL;
      }
    } else if (typeof childVNode.type == "function" && result !== UNDEFINED) {
      oldDom = result;
    } else if (newDom) {
      oldDom = newDom.nextSibling;
    }
    childVNode._flags &= ~(INSERT_VNODE | LIS_CANDIDATE);
  }
  newParentVNode._dom = firstChildDom;
  return oldDom;
}
function constructNewChildrenArray(newParentVNode, renderResult, oldChildren, oldDom, newChildrenLength) {
  let i;
  let childVNode;
  let oldVNode;
  let oldChildrenLength = oldChildren.length, remainingOldChildren = oldChildrenLength;
  let skew = 0;
  let moved = 0;
  let newChildren = newParentVNode._children = Array(newChildrenLength);
  for (i = 0; i < newChildrenLength; i++) {
    childVNode = renderResult[i];
    if (childVNode == NULL || typeof childVNode == "boolean" || typeof childVNode == "function") {
      newChildren[i] = NULL;
      continue;
    } else if (typeof childVNode != "object" || childVNode.constructor === String) {
      childVNode = newChildren[i] = createVNode(NULL, childVNode);
    } else if (isArray(childVNode)) {
      childVNode = newChildren[i] = createVNode(Fragment, {
        children: childVNode
      });
    } else if (childVNode.constructor === VNODE_MARKER && childVNode._depth) {
      childVNode = newChildren[i] = createVNode(
        childVNode.type,
        childVNode.props,
        childVNode.key,
        childVNode.ref,
        childVNode._original
      );
    } else {
      newChildren[i] = childVNode;
    }
    const skewedIndex = i + skew;
    childVNode._parent = newParentVNode;
    childVNode._depth = newParentVNode._depth + 1;
    const matchingIndex = childVNode._index = findMatchingIndex(
      childVNode,
      oldChildren,
      skewedIndex,
      remainingOldChildren
    );
    oldVNode = NULL;
    if (~matchingIndex) {
      oldVNode = oldChildren[matchingIndex];
      remainingOldChildren--;
      if (oldVNode) {
        oldVNode._flags |= MATCHED;
      }
    }
    if (!oldVNode || !oldVNode._original) {
      if (!~matchingIndex) {
        if (newChildrenLength > oldChildrenLength) {
          skew--;
        } else if (newChildrenLength < oldChildrenLength) {
          skew++;
        }
      }
      if (typeof childVNode.type != "function") {
        childVNode._flags |= INSERT_VNODE;
      }
    } else {
      childVNode._flags |= LIS_CANDIDATE;
      if (matchingIndex == skewedIndex - 1) {
        skew--;
      } else if (matchingIndex == skewedIndex + 1) {
        skew++;
      } else if (matchingIndex != skewedIndex) {
        if (matchingIndex > skewedIndex) {
          skew--;
        } else {
          skew++;
        }
        moved = 1;
      }
    }
  }
  if (moved) {
    let tails = [];
    let lisLengths = [];
    for (i = 0; i < newChildrenLength; i++) {
      childVNode = newChildren[i];
      if (childVNode && childVNode._flags & LIS_CANDIDATE) {
        skew = 0;
        let hi = tails.length;
        while (skew < hi) {
          const mid = skew + hi >> 1;
          if (tails[mid] < childVNode._index) {
            skew = mid + 1;
          } else {
            hi = mid;
          }
        }
        tails[skew] = childVNode._index;
        lisLengths[i] = skew + 1;
      }
    }
    skew = tails.length;
    while (i--) {
      if (lisLengths[i]) {
        if (lisLengths[i] == skew) {
          skew--;
        } else {
          newChildren[i]._flags |= INSERT_VNODE;
        }
      }
    }
  }
  if (remainingOldChildren) {
    for (i = 0; i < oldChildrenLength; i++) {
      oldVNode = oldChildren[i];
      if (oldVNode && !(oldVNode._flags & MATCHED)) {
        if (oldVNode._dom == oldDom) {
          oldDom = getDomSibling(oldVNode);
        }
        unmount(oldVNode, oldVNode);
      }
    }
  }
  return oldDom;
}
function insert(parentVNode, oldDom, parentDom, isMounting) {
  if (typeof parentVNode.type == "function") {
    if (parentVNode.props._parentDom) return oldDom;
    let children = parentVNode._children;
    if (children) {
      for (let i = 0; i < children.length; i++) {
        if (children[i]) {
          children[i]._parent = parentVNode;
          oldDom = insert(children[i], oldDom, parentDom, false);
        }
      }
    }
    return oldDom;
  } else {
    if (oldDom && !oldDom.parentNode) {
      oldDom = getDomSibling(parentVNode);
      if (oldDom && !oldDom.parentNode) oldDom = NULL;
    }
    let dom = parentVNode._dom;
    let next = oldDom;
    while (next && next.nodeType == 8) next = next.nextSibling;
    if (dom != next) {
      if (!isMounting && parentDom.moveBefore && dom.parentNode) {
        parentDom.moveBefore(dom, oldDom);
      } else {
        parentDom.insertBefore(dom, oldDom || NULL);
      }
    }
    oldDom = dom;
  }
  while ((oldDom = oldDom && oldDom.nextSibling) && oldDom.nodeType == 8 && !oldDom.data.startsWith("$s")) ;
  return oldDom;
}
function findMatchingIndex(childVNode, oldChildren, skewedIndex, remainingOldChildren) {
  const key = childVNode.key;
  const type = childVNode.type;
  let oldVNode = oldChildren[skewedIndex];
  const matched = oldVNode && !(oldVNode._flags & MATCHED);
  let shouldSearch = (
    // (typeof type != 'function' || type === Fragment || key) &&
    // The ternary keeps this a Smi comparison; `> matched` would compare
    // number to boolean which V8 can't serve from the fast path.
    remainingOldChildren > (matched ? 1 : 0)
  );
  if (oldVNode === NULL && key == NULL || matched && key == oldVNode.key && type == oldVNode.type) {
    return skewedIndex;
  } else if (shouldSearch) {
    let x;
    for (x = skewedIndex - 1; x >= 0; x--) {
      oldVNode = oldChildren[x];
      if (oldVNode && !(oldVNode._flags & MATCHED) && key == oldVNode.key && type == oldVNode.type)
        return x;
    }
    for (x = skewedIndex + 1; x < oldChildren.length; x++) {
      oldVNode = oldChildren[x];
      if (oldVNode && !(oldVNode._flags & MATCHED) && key == oldVNode.key && type == oldVNode.type)
        return x;
    }
  }
  return -1;
}

// vendor/preact/diff/props.js
var EVENT_DISPATCHED = /* @__PURE__ */ Symbol();
function setStyle(style, key, value) {
  if (value == NULL) value = "";
  if (key[0] == "-") {
    style.setProperty(key, value);
  } else {
    style[key] = value;
  }
}
var CAPTURE_REGEX = /(PointerCapture)$|Capture$/i;
var eventClock = 0;
function setProperty(dom, name, value, oldValue, namespace) {
  let useCapture;
  if (name == "style") {
    if (typeof value == "string") {
      dom.style.cssText = value;
    } else {
      if (typeof oldValue == "string") {
        dom.style.cssText = oldValue = "";
      }
      if (oldValue) {
        for (name in oldValue) {
          if (!(value && name in value)) {
            setStyle(dom.style, name);
          }
        }
      }
      if (value) {
        for (name in value) {
          if (!oldValue || value[name] != oldValue[name]) {
            setStyle(dom.style, name, value[name]);
          }
        }
      }
    }
  } else if (name[0] == "o" && name[1] == "n") {
    if (typeof value != "function") value = NULL;
    if (typeof oldValue != "function") oldValue = NULL;
    (dom._listeners || (dom._listeners = {}))[name] = value;
    if (!value || !oldValue) {
      const proxy = eventProxies[name] || (eventProxies[name] = createEventProxy(name));
      (dom._attached || (dom._attached = {}))[name] = eventClock;
      useCapture = name != (name = name.replace(CAPTURE_REGEX, "$1"));
      name = name.slice(2);
      if (name[0] < "a") name = name.toLowerCase();
      if (value) {
        dom.addEventListener(name, proxy, useCapture);
      } else {
        dom.removeEventListener(name, proxy, useCapture);
      }
    }
  } else {
    if (namespace == SVG_NAMESPACE) {
      name = name.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
    } else if (name != "width" && name != "height" && name != "href" && name != "list" && name != "form" && // Default value in browsers is `-1` and an empty string is
    // cast to `0` instead
    name != "tabIndex" && name != "download" && name != "rowSpan" && name != "colSpan" && name != "role" && name != "popover" && name in dom) {
      try {
        dom[name] = value == NULL ? "" : value;
        return;
      } catch (e) {
      }
    }
    if (typeof value == "function") return;
    if (value != NULL && (value !== false || name[4] == "-")) {
      dom.setAttribute(name, name == "popover" && value == true ? "" : value);
    } else {
      dom.removeAttribute(name);
    }
  }
}
function createEventProxy(name) {
  return function(e) {
    let eventHandler = this._listeners;
    if (eventHandler) {
      eventHandler = eventHandler[name];
      if (e[EVENT_DISPATCHED] == NULL) {
        e[EVENT_DISPATCHED] = eventClock++;
      } else if (e[EVENT_DISPATCHED] < this._attached[name]) {
        return;
      }
      return eventHandler(options_default.event ? options_default.event(e) : e);
    }
  };
}
var eventProxies = {};

// vendor/preact/diff/index.js
function diff(parentDom, newVNode, oldVNode, globalContext, namespace, excessDomChildren, commitQueue, oldDom, isHydrating, refQueue) {
  let tmp, resumed, newType = newVNode.type;
  if (newVNode.constructor !== VNODE_MARKER) return NULL;
  if (oldVNode._flags & MODE_SUSPENDED && // @ts-expect-error This is MODE_HYDRATE or 0
  (isHydrating = oldVNode._flags & MODE_HYDRATE, tmp = oldVNode._component._excess)) {
    newVNode._flags |= isHydrating;
    resumed = excessDomChildren = [];
    if (tmp.nodeType == 8) {
      oldDom = rangeEnd(tmp, excessDomChildren);
    } else {
      excessDomChildren.push(tmp);
    }
    oldDom = excessDomChildren[0] || oldDom;
  }
  if (tmp = options_default._diff) tmp(newVNode);
  outer: if (typeof newType == "function") {
    let oldCommitQueueLength = commitQueue.length;
    try {
      let c, oldProps, oldState, snapshot, newProps = newVNode.props;
      const isClassComponent = (tmp = newType.prototype) && tmp.render;
      tmp = newType.contextType;
      const provider = tmp && globalContext[tmp._id];
      const componentContext = tmp ? provider ? provider.props.value : tmp._defaultValue : globalContext;
      if (c = oldVNode._component) {
        newVNode._component = c;
        if (c._bits & COMPONENT_PENDING_ERROR) {
          c._bits |= COMPONENT_PROCESSING_EXCEPTION;
        }
      } else {
        if (isClassComponent) {
          newVNode._component = c = new newType(newProps, componentContext);
        } else {
          newVNode._component = c = new BaseComponent(
            newProps,
            componentContext
          );
          c.constructor = newType;
          c.render = doRender;
        }
        if (provider) provider.sub(c);
        if (!c.state) c.state = {};
        c._globalContext = globalContext;
        c._bits |= COMPONENT_DIRTY;
        c._renderCallbacks = [];
        c._stateCallbacks = [];
      }
      if (isClassComponent) {
        if (!c._nextState) c._nextState = c.state;
        if (newType.getDerivedStateFromProps) {
          if (c._nextState == c.state) {
            c._nextState = assign({}, c._nextState);
          }
          assign(
            c._nextState,
            newType.getDerivedStateFromProps(newProps, c._nextState)
          );
        }
      }
      oldProps = c.props;
      oldState = c.state;
      c._vnode = newVNode;
      if (!oldVNode._component) {
        if (isClassComponent && !newType.getDerivedStateFromProps && c.componentWillMount) {
          c.componentWillMount();
        }
        if (isClassComponent && c.componentDidMount) {
          c._renderCallbacks.push(c.componentDidMount);
        }
      } else {
        if (newProps !== oldProps && isClassComponent && !newType.getDerivedStateFromProps && c.componentWillReceiveProps) {
          c.componentWillReceiveProps(newProps, componentContext);
        }
        if (newVNode._original == oldVNode._original && !(c._bits & COMPONENT_DIRTY) || !(c._bits & COMPONENT_FORCE) && c.shouldComponentUpdate && c.shouldComponentUpdate(
          newProps,
          c._nextState,
          componentContext
        ) === false) {
          if (newVNode._original != oldVNode._original) {
            c.props = newProps;
            c.state = c._nextState;
            c._bits &= ~COMPONENT_DIRTY;
          }
          newVNode._dom = oldVNode._dom;
          newVNode._children = oldVNode._children;
          newVNode._children.some((vnode) => {
            if (vnode) vnode._parent = newVNode;
          });
          EMPTY_ARR.push.apply(c._renderCallbacks, c._stateCallbacks);
          c._stateCallbacks = [];
          if (c._renderCallbacks.length) {
            commitQueue.push(c);
          }
          oldDom = getDomSibling(oldVNode);
          break outer;
        }
        if (c.componentWillUpdate) {
          c.componentWillUpdate(newProps, c._nextState, componentContext);
        }
        if (isClassComponent && c.componentDidUpdate) {
          c._renderCallbacks.push(() => {
            c.componentDidUpdate(oldProps, oldState, snapshot);
          });
        }
      }
      c.context = componentContext;
      c.props = newProps;
      c._parentDom = parentDom;
      c._bits &= ~COMPONENT_FORCE;
      let renderHook = options_default._render, count2 = isClassComponent ? 25 : 0;
      do {
        c._bits &= ~COMPONENT_DIRTY;
        if (renderHook) renderHook(newVNode);
        tmp = c.render(c.props, c.state = c._nextState, c.context);
      } while (c._bits & COMPONENT_DIRTY && ++count2 < 25);
      if (isClassComponent) {
        EMPTY_ARR.push.apply(c._renderCallbacks, c._stateCallbacks);
        c._stateCallbacks = [];
      }
      c.state = c._nextState;
      if (c.getChildContext) {
        globalContext = assign({}, globalContext, c.getChildContext());
      }
      if (isClassComponent && oldVNode._component && c.getSnapshotBeforeUpdate) {
        snapshot = c.getSnapshotBeforeUpdate(oldProps, oldState);
      }
      const renderResult = tmp && tmp.type === Fragment && tmp.key == NULL ? tmp.props.children : tmp;
      if (newProps._parentDom) {
        tmp = oldDom;
        parentDom = newProps._parentDom;
        namespace = parentDom.namespaceURI;
        isHydrating = excessDomChildren = NULL;
        if (oldVNode.props && oldVNode.props._parentDom != parentDom) {
          oldVNode._children.some((child) => {
            if (child) unmount(child, child);
          });
          oldVNode._children = NULL;
        }
        oldDom = oldVNode._children ? getDomSibling(oldVNode, 0) : NULL;
      }
      oldDom = diffChildren(
        parentDom,
        isArray(renderResult) ? renderResult : [renderResult],
        newVNode,
        oldVNode,
        globalContext,
        namespace,
        excessDomChildren,
        commitQueue,
        oldDom,
        isHydrating,
        refQueue
      );
      if (newProps._parentDom) {
        newVNode._dom = NULL;
        oldDom = tmp;
      }
      newVNode._flags &= RESET_MODE;
      if (resumed) resumed.some(removeNode);
      if (c._renderCallbacks.length) {
        commitQueue.push(c);
      }
      if (c._bits & COMPONENT_PROCESSING_EXCEPTION) {
        c._bits &= ~(COMPONENT_PROCESSING_EXCEPTION | COMPONENT_PENDING_ERROR);
      }
    } catch (e) {
      commitQueue.length = oldCommitQueueLength;
      newVNode._original = NULL;
      if (isHydrating || excessDomChildren) {
        if (e && e.then) {
          let startMarker, end;
          newVNode._flags |= MODE_SUSPENDED | isHydrating;
          if (excessDomChildren) {
            let i = excessDomChildren.indexOf(oldDom || UNDEFINED), child;
            if (!~i) i = excessDomChildren.length;
            while ((child = excessDomChildren[i - 1]) && child.nodeType == 8) {
              i--;
            }
            for (; i < excessDomChildren.length; i++) {
              if (child = excessDomChildren[i]) {
                excessDomChildren[i] = NULL;
                if (startMarker) {
                  if (child == end) break;
                } else if (child.nodeType != 8) {
                  break;
                } else if (child.data.startsWith("$s")) {
                  end = rangeEnd(startMarker = child);
                }
              }
            }
          }
          if (!startMarker) {
            while (oldDom && oldDom.nodeType == 8 && oldDom.nextSibling) {
              oldDom = oldDom.nextSibling;
            }
            startMarker = oldDom;
          }
          startMarker = newVNode._component._excess || (newVNode._component._excess = startMarker);
          if (tmp = rangeEnd(startMarker)) {
            newVNode._dom = startMarker;
            oldDom = tmp;
          } else newVNode._dom = oldDom;
          oldDom = oldDom && oldDom.nextSibling;
        } else if (excessDomChildren) {
          excessDomChildren.some(removeNode);
        }
      } else {
        newVNode._dom = oldVNode._dom;
      }
      if (!newVNode._children) {
        newVNode._children = oldVNode._children || [];
      }
      if (!(e && e.then)) markAsForce(newVNode);
      options_default._catchError(e, newVNode, oldVNode);
    }
  } else {
    oldDom = newVNode._dom = diffElementNodes(
      oldVNode._dom,
      newVNode,
      oldVNode,
      globalContext,
      namespace,
      excessDomChildren,
      commitQueue,
      isHydrating,
      refQueue,
      parentDom
    );
  }
  if (tmp = options_default.diffed) tmp(newVNode);
  return oldDom;
}
function rangeEnd(start, nodes) {
  if (start && start.nodeType == 8 && start.data.startsWith("$s")) {
    for (let depth = 1; start = start.nextSibling; ) {
      if (start.nodeType == 8) {
        if (start.data.startsWith("$s")) depth++;
        else if (start.data.startsWith("/$s") && !--depth) return start;
      }
      if (nodes) nodes.push(start);
    }
  }
}
function markAsForce(vnode) {
  if (vnode) {
    if (vnode._component) vnode._component._bits |= COMPONENT_FORCE;
    if (vnode._children) vnode._children.some(markAsForce);
  }
}
function commitRoot(commitQueue, root, refQueue) {
  for (let i = 0; i < refQueue.length; ) {
    applyRef(refQueue[i++], refQueue[i++], refQueue[i++]);
  }
  if (options_default._commit) options_default._commit(root, commitQueue);
  commitQueue.some((c) => {
    try {
      commitQueue = c._renderCallbacks;
      c._renderCallbacks = [];
      commitQueue.some((cb) => {
        cb.call(c);
      });
    } catch (e) {
      options_default._catchError(e, c._vnode);
    }
  });
}
function diffElementNodes(dom, newVNode, oldVNode, globalContext, namespace, excessDomChildren, commitQueue, isHydrating, refQueue, parentDom) {
  let oldProps = oldVNode.props || EMPTY_OBJ;
  const newProps = newVNode.props;
  const nodeType = (
    /** @type {string} */
    newVNode.type
  );
  let i;
  let newHtml;
  let oldHtml;
  let newChildren;
  let value;
  let inputValue;
  let checked;
  if (nodeType == "svg") namespace = SVG_NAMESPACE;
  else if (nodeType == "math") namespace = MATH_NAMESPACE;
  else if (!namespace) namespace = XHTML_NAMESPACE;
  if (excessDomChildren) {
    for (i = 0; i < excessDomChildren.length; i++) {
      value = excessDomChildren[i];
      if (value && (nodeType ? value.localName == nodeType : value.nodeType == 3)) {
        dom = value;
        excessDomChildren[i] = NULL;
        break;
      }
    }
  }
  if (!dom) {
    const doc = parentDom.ownerDocument || document;
    if (!nodeType) {
      return doc.createTextNode(newProps);
    }
    dom = doc.createElementNS(
      namespace,
      nodeType,
      newProps.is ? newProps : parentDom
    );
    if (isHydrating) {
      if (options_default._hydrationMismatch)
        options_default._hydrationMismatch(newVNode, excessDomChildren);
      isHydrating = false;
    }
    excessDomChildren = NULL;
  }
  if (!nodeType) {
    if (oldProps !== newProps && (!isHydrating || dom.data != newProps)) {
      dom.data = newProps;
    }
  } else {
    parentDom = nodeType == "template" && dom.content || dom;
    excessDomChildren = nodeType == "textarea" && newProps.defaultValue != NULL ? NULL : excessDomChildren && slice.call(parentDom.childNodes);
    if (!isHydrating && excessDomChildren) {
      oldProps = {};
      for (i = 0; i < dom.attributes.length; i++) {
        value = dom.attributes[i];
        oldProps[value.name] = value.value;
      }
    }
    for (i in oldProps) {
      value = oldProps[i];
      if (i == "dangerouslySetInnerHTML") {
        oldHtml = value;
      } else if (i != "children" && !(i in newProps) && !(i == "value" && "defaultValue" in newProps) && !(i == "checked" && "defaultChecked" in newProps)) {
        setProperty(dom, i, NULL, value, namespace);
      }
    }
    for (i in newProps) {
      value = newProps[i];
      if (i == "children") {
        newChildren = value;
      } else if (i == "dangerouslySetInnerHTML") {
        newHtml = value;
      } else if (i == "value") {
        inputValue = value;
      } else if (i == "checked") {
        checked = value;
      } else if ((!isHydrating || typeof value == "function") && oldProps[i] !== value) {
        setProperty(dom, i, value, oldProps[i], namespace);
      }
    }
    if (newHtml) {
      if (!isHydrating && (!oldHtml || newHtml.__html != oldHtml.__html && newHtml.__html != dom.innerHTML)) {
        dom.innerHTML = newHtml.__html;
      }
      newVNode._children = [];
    } else {
      if (oldHtml) dom.textContent = "";
      if (nodeType == "foreignObject" || namespace == MATH_NAMESPACE && MATHML_TOKEN_ELEMENTS.test(nodeType)) {
        namespace = XHTML_NAMESPACE;
      }
      diffChildren(
        parentDom,
        isArray(newChildren) ? newChildren : [newChildren],
        newVNode,
        oldVNode,
        globalContext,
        namespace,
        excessDomChildren,
        commitQueue,
        excessDomChildren ? excessDomChildren[0] : oldVNode._children && getDomSibling(oldVNode, 0),
        isHydrating,
        refQueue
      );
      if (excessDomChildren) excessDomChildren.some(removeNode);
    }
    if (!isHydrating || nodeType == "textarea") {
      i = "value";
      if (nodeType == "progress" && inputValue == NULL) {
        dom.removeAttribute(i);
      } else if (inputValue != UNDEFINED && // #2756 For the <progress>-element the initial value is 0,
      // despite the attribute not being present. When the attribute
      // is missing the progress bar is treated as indeterminate.
      // To fix that we'll always update it when it is 0 for progress elements
      (inputValue !== dom[i] || nodeType == "progress" && !inputValue)) {
        setProperty(dom, i, inputValue, oldProps[i], namespace);
      }
      i = "checked";
      if (checked != UNDEFINED && checked != dom[i]) {
        setProperty(dom, i, checked, oldProps[i], namespace);
      }
    }
  }
  return dom;
}
function applyRef(ref, value, vnode, owner) {
  try {
    if (typeof ref == "function") {
      if (value) value._refCleanup = ref(value) || 1;
      else if (owner && (owner = owner._component || owner._dom) && (value = owner._refCleanup)) {
        owner._refCleanup = NULL;
        if (typeof value == "function") value();
        else ref(NULL);
      }
    } else ref.current = value;
  } catch (e) {
    options_default._catchError(e, vnode);
  }
}
function unmount(vnode, parentVNode, skipRemove) {
  let r, end, nodes;
  if (options_default.unmount) options_default.unmount(vnode);
  if ((r = vnode.ref) && (!r.current || r.current == vnode._dom)) {
    applyRef(r, NULL, parentVNode, vnode);
  }
  if (r = vnode._component) {
    if (r.componentWillUnmount) {
      try {
        r.componentWillUnmount();
      } catch (e) {
        options_default._catchError(e, parentVNode);
      }
    }
    r._parentDom = r._globalContext = NULL;
  }
  if (r = vnode._children) {
    for (let i = 0; i < r.length; i++) {
      if (r[i]) {
        unmount(
          r[i],
          parentVNode,
          // A portal's children live in another container, so a removed
          // host ancestor doesn't detach them; always remove them.
          typeof vnode.type == "function" ? skipRemove && !vnode.props._parentDom : true
        );
      }
    }
  }
  if (!skipRemove && (r = vnode._component) && (r = r._excess) && (end = rangeEnd(r, nodes = []))) {
    if (r == vnode._dom) nodes.some(removeNode);
    removeNode(end);
    removeNode(r);
  }
  if (!skipRemove) removeNode(vnode._dom);
  vnode._dom = vnode._component = vnode._parent = NULL;
}
function doRender(props, state, context) {
  return this.constructor(props, context);
}

// vendor/preact/render.js
function render(vnode, parentDom) {
  if (options_default._root) options_default._root(vnode, parentDom);
  if (parentDom.nodeType == 9) {
    parentDom = parentDom.documentElement;
  }
  let isHydrating = vnode && vnode._flags & MODE_HYDRATE;
  let oldVNode = isHydrating ? NULL : parentDom._children;
  parentDom._children = createVNode(Fragment, { children: [vnode] });
  let commitQueue = [], refQueue = [];
  diff(
    parentDom,
    // Determine the new vnode tree and store it on the DOM element on
    // our custom `_children` property.
    parentDom._children,
    oldVNode || EMPTY_OBJ,
    EMPTY_OBJ,
    parentDom.namespaceURI,
    oldVNode ? NULL : parentDom.firstChild ? slice.call(parentDom.childNodes) : NULL,
    commitQueue,
    oldVNode ? oldVNode._dom : parentDom.firstChild,
    // @ts-expect-error we are doing a bit-wise operation so it's either 0 or true
    isHydrating,
    refQueue
  );
  commitRoot(commitQueue, parentDom._children, refQueue);
  parentDom._children.props.children = NULL;
}

// vendor/preact-hooks/index.js
var ObjectIs = Object.is;
var currentIndex;
var currentComponent;
var previousComponent;
var currentHook = 0;
var afterPaintEffects = [];
var unmountCleanups = [];
var options2 = (
  /** @type {import('./internal').Options} */
  options_default
);
var oldBeforeDiff = options2._diff;
var oldBeforeRender = options2._render;
var oldAfterDiff = options2.diffed;
var oldCommit = options2._commit;
var oldBeforeUnmount = options2.unmount;
var oldRoot = options2._root;
var RAF_TIMEOUT = 35;
var prevRaf;
options2._diff = (vnode) => {
  currentComponent = null;
  if (oldBeforeDiff) oldBeforeDiff(vnode);
};
options2._root = (vnode, parentDom) => {
  if (vnode && parentDom._children && parentDom._children._mask) {
    vnode._mask = parentDom._children._mask;
  }
  if (oldRoot) oldRoot(vnode, parentDom);
};
options2._render = (vnode) => {
  if (oldBeforeRender) oldBeforeRender(vnode);
  currentComponent = vnode._component;
  currentIndex = 0;
  const hooks = currentComponent.__hooks;
  if (hooks) {
    if (previousComponent == currentComponent) {
      currentComponent._renderCallbacks = [];
    } else {
      hooks._pendingEffects.some(invokeCleanup);
      hooks._pendingEffects.some(invokeEffect);
      currentIndex = 0;
    }
    hooks._pendingEffects = [];
    hooks._list.some((hookItem) => {
      if (hookItem._nextValue) {
        hookItem._value = hookItem._nextValue;
      }
      hookItem._pendingArgs = hookItem._nextValue = void 0;
    });
  }
  previousComponent = currentComponent;
};
options2.diffed = (vnode) => {
  if (oldAfterDiff) oldAfterDiff(vnode);
  const c = vnode._component;
  if (c && c.__hooks) {
    if (c.__hooks._pendingEffects.length) afterPaint(afterPaintEffects.push(c));
    c.__hooks._list.some((hookItem) => {
      if (hookItem._pendingArgs) hookItem._args = hookItem._pendingArgs;
    });
  }
  previousComponent = currentComponent = null;
};
options2._commit = (vnode, commitQueue) => {
  commitQueue.some((component) => {
    try {
      component._renderCallbacks.some(invokeCleanup);
      component._renderCallbacks = component._renderCallbacks.filter(
        (cb) => cb._value ? invokeEffect(cb) : true
      );
    } catch (e) {
      component._renderCallbacks = [
        () => {
          throw e;
        }
      ];
    }
  });
  if (oldCommit) oldCommit(vnode, commitQueue);
};
options2.unmount = (vnode) => {
  if (oldBeforeUnmount) oldBeforeUnmount(vnode);
  const c = vnode._component;
  if (c && c.__hooks) {
    let hasErrored, errorParent;
    c.__hooks._list.some((s) => {
      try {
        if (s._passive && s._cleanup) {
          if (errorParent === void 0) {
            errorParent = vnode._parent;
            while (errorParent && !(errorParent._component && errorParent._component._parentDom)) {
              errorParent = errorParent._parent;
            }
            errorParent = errorParent && errorParent._component;
          }
          s._passive = errorParent;
          afterPaint(unmountCleanups.push(s));
        } else {
          invokeCleanup(s);
        }
      } catch (e) {
        hasErrored = e;
      }
    });
    c.__hooks = void 0;
    if (hasErrored) options2._catchError(hasErrored, c._vnode);
  }
};
function getHookState(index, type) {
  if (options2._hook) {
    options2._hook(currentComponent, index, currentHook || type);
  }
  currentHook = 0;
  const hooks = currentComponent.__hooks || (currentComponent.__hooks = {
    _list: [],
    _pendingEffects: []
  });
  if (index >= hooks._list.length) {
    hooks._list.push({});
  }
  return hooks._list[index];
}
function useState(initialState) {
  currentHook = 1;
  return useReducer(invokeOrReturn, initialState);
}
function useReducer(reducer, initialState, init) {
  const hookState = getHookState(currentIndex++, 2);
  hookState._reducer = reducer;
  if (!hookState._component) {
    hookState._value = [
      !init ? invokeOrReturn(void 0, initialState) : init(initialState),
      (action) => {
        const currentValue = (hookState._nextValue || hookState._value)[0];
        const nextValue = hookState._reducer(currentValue, action);
        if (!ObjectIs(currentValue, nextValue)) {
          hookState._nextValue = [nextValue, hookState._value[1]];
          hookState._component.setState({});
        }
      }
    ];
    hookState._component = currentComponent;
    if (!currentComponent._hasScuFromHooks) {
      currentComponent._hasScuFromHooks = true;
      const prevScu = currentComponent.shouldComponentUpdate;
      currentComponent.shouldComponentUpdate = function(p, s, c) {
        const hooks = this.__hooks;
        if (!hooks) return true;
        let updatedHook = false;
        let shouldUpdate = this.props != p;
        hooks._list.some((hookItem) => {
          if (hookItem._nextValue) {
            updatedHook = true;
            if (!ObjectIs(hookItem._value[0], hookItem._nextValue[0])) {
              shouldUpdate = true;
            }
          }
        });
        if (prevScu) {
          const result = prevScu.call(this, p, s, c);
          return updatedHook ? result || shouldUpdate : result;
        }
        return !updatedHook || shouldUpdate;
      };
    }
  }
  return hookState._value;
}
function useEffect(callback, args) {
  const state = getHookState(currentIndex++, 3);
  if (!options2._skipEffects && argsChanged(state._args, args)) {
    state._passive = true;
    state._value = callback;
    state._pendingArgs = args;
    currentComponent.__hooks._pendingEffects.push(state);
  }
}
function useRef(initialValue) {
  currentHook = 5;
  return useMemo(() => ({ current: initialValue }), []);
}
function useMemo(factory, args) {
  const state = getHookState(currentIndex++, 7);
  if (argsChanged(state._args, args)) {
    state._value = factory();
    state._args = args;
  }
  return state._value;
}
function flushAfterPaintEffects() {
  let component;
  do {
    while (component = unmountCleanups.shift()) {
      try {
        invokeCleanup(component);
      } catch (e) {
        component = /** @type {any} */
        component._passive;
        options2._catchError(e, { _parent: component && component._vnode });
      }
    }
    while (component = afterPaintEffects.shift()) {
      const hooks = component.__hooks;
      if (!component._parentDom || !hooks) continue;
      try {
        hooks._pendingEffects.some(invokeCleanup);
        hooks._pendingEffects.some(invokeEffect);
        hooks._pendingEffects = [];
      } catch (e) {
        hooks._pendingEffects = [];
        options2._catchError(e, component._vnode);
      }
    }
  } while (unmountCleanups.length);
}
var HAS_RAF = typeof requestAnimationFrame == "function";
function afterNextFrame(callback) {
  const done = () => {
    clearTimeout(timeout);
    if (HAS_RAF) cancelAnimationFrame(raf);
    setTimeout(callback);
  };
  const timeout = setTimeout(done, RAF_TIMEOUT);
  let raf;
  if (HAS_RAF) {
    raf = requestAnimationFrame(done);
  }
}
function afterPaint(newQueueLength) {
  if (newQueueLength == 1 || prevRaf != options2.requestAnimationFrame) {
    prevRaf = options2.requestAnimationFrame;
    (prevRaf || afterNextFrame)(flushAfterPaintEffects);
  }
}
function invokeCleanup(hook) {
  const comp = currentComponent;
  let cleanup = hook._cleanup;
  if (typeof cleanup == "function") {
    hook._cleanup = void 0;
    cleanup();
  }
  currentComponent = comp;
}
function invokeEffect(hook) {
  const comp = currentComponent;
  hook._cleanup = hook._value();
  currentComponent = comp;
}
function argsChanged(oldArgs, newArgs) {
  return !oldArgs || oldArgs.length != newArgs.length || newArgs.some((arg, index) => !ObjectIs(arg, oldArgs[index]));
}
function invokeOrReturn(arg, f) {
  return typeof f == "function" ? f(arg) : f;
}

// src/state.ts
var kept = (key) => {
  try {
    return localStorage.getItem("suiren-" + key);
  } catch {
    return null;
  }
};
function keep(key, value) {
  try {
    localStorage.setItem("suiren-" + key, value);
  } catch {
  }
}
var store = {
  lang: kept("lang") ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en"),
  theme: kept("theme") ?? "auto",
  page: "home",
  title: "",
  // of what the page shows, in place of the page's
  rest: "",
  // of the address, after the page: #knowledge/handbook
  server: null,
  now: null,
  // what the server does, told by the stream
  who: null,
  failure: null,
  // of the page as a whole
  lost: false,
  // the server is not heard
  back: 0,
  // how often it was heard again
  signIn: false,
  leaving: false,
  // asked whether to sign out
  erased: false,
  // who was signed in here has no account any more
  joining: "",
  // the token of a link that works once: what follows # no server is sent
  outside: "",
  // the code of why an outer sign-in failed
  plan: null,
  noPlan: false,
  runs: [],
  run: "latest",
  live: /* @__PURE__ */ new Map()
};
var entered = () => {
};
function onSignedIn(f) {
  entered = f;
}
function signedIn() {
  Object.assign(store, { signIn: false, erased: false, joining: "", outside: "", failure: null });
  entered();
  redraw();
}
var draw = () => {
};
var queued = false;
function onDraw(f) {
  draw = f;
}
function redraw() {
  if (queued) return;
  queued = true;
  setTimeout(() => {
    queued = false;
    draw();
  }, 16);
}
function inTurn(f) {
  let running = null, more = false;
  return () => {
    more = true;
    return running ??= (async () => {
      try {
        while (more) {
          more = false;
          await f();
        }
      } finally {
        running = null;
      }
    })();
  };
}
var mayDo = (action) => !!store.server && store.who?.may[action] !== false;
var needs = {
  chat: "chat",
  knowledge: "search",
  plan: "read_plan",
  data: "read_data",
  training: "read_runs",
  evaluation: "read_plan",
  models: "read_library",
  releases: "read_releases",
  guard: "read_policy",
  usage: "read_usage",
  traces: "read_traces",
  compute: "read_machine",
  people: "read_people",
  settings: "read_machine"
};
var instead = { settings: "approve", knowledge: "read_bases" };
var mayOpen = (page) => (!needs[page] || !!store.server && (mayDo(needs[page]) || !!instead[page] && mayDo(instead[page]))) && (!["releases", "guard", "usage", "traces", "people"].includes(page) || !!store.server?.has.includes(page)) && (page !== "account" || !!store.who?.keys);

// src/words.ts
var words = {
  home: ["Home", "首页"],
  chat: ["Chat", "对话"],
  plan: ["Plan", "计划"],
  knowledge: ["Knowledge", "知识库"],
  models: ["Models", "模型"],
  data: ["Data", "数据"],
  training: ["Training", "训练"],
  evaluation: ["Evaluation", "评测"],
  releases: ["Releases", "发布"],
  usage: ["Usage", "用量"],
  guard: ["Guard", "护栏"],
  traces: ["Traces", "轨迹"],
  people: ["People", "人员"],
  compute: ["Compute", "算力"],
  settings: ["Settings", "设置"],
  account: ["My account", "我的账户"],
  group_use: ["Use", "使用"],
  group_make: ["Make", "制作"],
  group_keep: ["Keep", "守护"],
  group_house: ["House", "本机"],
  menu: ["Menu", "菜单"],
  asked: ["This needs a second person, who was asked ({0}). Nothing is done until they approve.", "此操作须由第二人批准，已提交申请（{0}）。批准之前不会执行。"],
  proposals: ["What waits for a second person", "等待第二人批准的操作"],
  health: ["Health of the server", "服务器状态"],
  healthy: ["All is well.", "一切正常。"],
  mend: ["Put it right", "去处理"],
  ownerHere: ["Owner", "所有者"],
  level_ok: ["well", "正常"],
  level_warn: ["look at it", "需留意"],
  level_fail: ["fails", "异常"],
  health_ready: ["answers", "可作答"],
  health_queue: ["queue", "队列"],
  health_kv: ["keys and values", "键值缓存"],
  health_disk: ["disk", "磁盘"],
  health_memory: ["memory", "内存"],
  health_quota: ["state folder", "状态目录"],
  health_backup: ["backup", "备份"],
  health_release: ["release", "发布版本"],
  health_books: ["books", "账本"],
  health_alert: ["alerts", "告警"],
  sameAs: ["The same as", "等同于"],
  place_NAME: ["NAME", "名称"],
  place_PATH: ["PATH", "路径"],
  place_FILE: ["FILE", "文件"],
  place_FOLDER: ["FOLDER", "目录"],
  place_FIRST: ["FIRST", "版本"],
  place_SET: ["SET", "数据集"],
  place_ID: ["ID", "编号"],
  place_CLASS: ["CLASS", "类别"],
  place_DAYS: ["DAYS", "天数"],
  place_ACT: ["ACT", "操作"],
  place_N: ["N", "数量"],
  stepsOf: ["{0} of {1}", "{0}/{1}"],
  underWay: ["under way…", "进行中……"],
  noRows: ["Nothing here yet.", "这里还没有内容。"],
  rows: ["{0} rows", "共 {0} 行"],
  zoomIn: ["A closer look at {0}", "放大 {0}"],
  zoomOut: ["All of {0}", "显示 {0} 的全部"],
  whole: ["Whole", "全部"],
  pageFailed: ["This page could not be loaded.", "页面未能载入。"],
  language: ["Language", "语言"],
  theme: ["Colours", "配色"],
  theme_auto: ["As the system", "跟随系统"],
  theme_light: ["Light", "浅色"],
  theme_dark: ["Dark", "深色"],
  skip: ["Skip to the content", "跳到正文"],
  lost: ["The server does not answer. What shows may be out of date; the page goes on by itself when the server is back.", "服务器没有应答。这里显示的可能已过时；服务器恢复后，页面会自动继续。"],
  unreachable: ["The server does not answer. Is suiren serve still running? Start it, then try again.", "服务器没有应答。suiren serve 还在运行吗？启动它，再试一次。"],
  retry: ["Try again", "再试一次"],
  signOut: ["Sign out", "退出登录"],
  loading: ["Asking the server…", "正在连接服务器……"],
  hello: ["Ask {0}", "问问 {0}"],
  helloHelp: ["It thinks before it answers, and shows its thoughts. Each question stands on its own.", "它先思考再回答，思考过程都会显示。每个问题独立作答。"],
  factParameters: ["{0} parameters", "{0} 参数"],
  factThink: ["thinks up to {0} tokens", "最多思考 {0} 个词元"],
  factPassages: ["quotes {0} passages of documents", "可引用 {0} 段资料"],
  factHere: ["runs on this machine; nothing leaves it", "在本机运行，内容不出本机"],
  question: ["Your question", "您的问题"],
  askPlace: ["Ask a question", "请输入问题"],
  askHint: ["Enter sends, Shift+Enter begins a new line", "回车发送，Shift+回车换行"],
  send: ["Send", "发送"],
  stop: ["Stop", "停止"],
  examples: ["Examples", "示例"],
  you: ["You", "您"],
  conversation: ["Conversation", "对话内容"],
  waiting: ["Waiting for the first word…", "正在等待第一个字……"],
  thinking: ["Thinking…", "正在思考……"],
  thought: ["Thought for {0}", "思考了 {0}"],
  thoughtTokens: ["Thought for {0}, {1} tokens", "思考了 {0}，{1} 个词元"],
  sources: ["Sources", "出处"],
  aiLabel: ["AI-generated", "AI 生成"],
  good: ["Good answer", "回答得好"],
  bad: ["Bad answer", "回答得不好"],
  thanks: ["Thank you: kept for the next plan.", "谢谢，已记下，供下次计划使用。"],
  stopped: ["Stopped.", "已停止。"],
  cutShort: ["The answer reached its limit of tokens.", "回答达到了词元上限。"],
  cost: ["{0} tokens in {1}", "{0} 个词元，用时 {1}"],
  brokenOff: ["The answer broke off.", "回答中断了。"],
  notReady: ["The model is still being made", "模型还在训练中"],
  notReadyHelp: ["You can chat as soon as the plan is done. This page looks again by itself.", "计划完成后即可对话，本页会自动刷新。"],
  stepsDone: ["{0} of {1} steps done", "已完成 {0}/{1} 步"],
  stepsFailed: ["{0} failed", "{0} 步失败"],
  stepsSkipped: ["{0} not done because of it", "{0} 步因此未做"],
  toPlan: ["Follow it on the plan page", "在计划页查看进度"],
  noPlan: ["This server has no plan to show.", "本服务器没有可显示的计划。"],
  graph: ["Graph of the plan", "计划图"],
  graphHelp: ["Choose a step to see its details.", "选择一步查看详情。"],
  action_make: ["to make", "待生成"],
  action_change: ["to change", "待更改"],
  action_keep: ["unchanged", "未变"],
  action_remove: ["to remove", "待删除"],
  state_waiting: ["waiting", "等待中"],
  state_running: ["running", "进行中"],
  state_done: ["done", "已完成"],
  state_failed: ["failed", "失败"],
  state_skipped: ["not done", "未做"],
  kind_documents: ["documents", "文档"],
  kind_corpus: ["corpus", "语料"],
  kind_examples: ["examples", "样例"],
  kind_tokenizer: ["tokenizer", "分词器"],
  kind_tokens: ["tokens", "词元"],
  kind_weights: ["weights", "权重"],
  kind_knowledge: ["knowledge", "知识库"],
  kind_classifier: ["classifier", "分类器"],
  kind_policy: ["policy", "策略"],
  kind_scenario: ["scenario", "场景"],
  kind_verdict: ["verdict", "评测"],
  kind_release: ["release", "发布"],
  field_time: ["Time", "时间"],
  field_memory: ["Memory", "内存"],
  field_disk: ["Disk while it runs", "运行时占用磁盘"],
  field_flops: ["Training FLOPs", "训练 FLOPs"],
  field_inputs: ["Made from", "由来"],
  field_digest: ["Digest", "摘要"],
  field_reason: ["Reason", "原因"],
  field_why: ["What happened", "结果"],
  field_derived: ["What follows from the settings", "由设置推得"],
  field_basis: ["Basis of the estimate", "估计依据"],
  field_now: ["Now", "当前"],
  forecast: ["planned {0}", "预计 {0}"],
  actual: ["took {0}", "实际 {0}"],
  used: ["used {0}", "实际 {0}"],
  left: ["{0} left", "还需 {0}"],
  unit_steps: ["steps", "步"],
  unit_problems: ["problems", "题"],
  unit_dialogues: ["dialogues", "段对话"],
  unit_documents: ["documents", "篇"],
  unit_trainings: ["trainings", "遍训练"],
  unit_files: ["files", "个文件"],
  unit_tries: ["tries", "次尝试"],
  notes: ["Notes", "记录"],
  which: ["Run", "运行"],
  latest: ["latest", "最近一次"],
  running: ["Being made", "正在制作"],
  curves: ["Training", "训练曲线"],
  noCurves: ["No training was recorded in this run.", "这次运行没有训练记录。"],
  curvesComing: ["The curves appear here when training begins.", "训练开始后，曲线显示在这里。"],
  loss: ["Loss of {0}", "{0} 的损失"],
  scores: ["Scores of {0} during reinforcement", "{0} 强化过程中的得分"],
  step: ["step", "步"],
  asTable: ["Show as a table", "以表格显示"],
  norm: ["Gradient norm of {0}", "{0} 的梯度范数"],
  series_loss: ["loss", "损失"],
  series_watch_loss: ["held out", "留出集"],
  series_norm: ["norm", "范数"],
  series_heldout: ["watched problems", "观察题"],
  series_reward: ["reward", "奖励"],
  series_watch_reward: ["reward of watched problems", "观察题奖励"],
  report: ["Report", "报告"],
  noReport: ["The report appears here when the verdict is made.", "评测完成后，报告显示在这里。"],
  wholeReport: ["The whole report", "完整报告"],
  pass: ["Passed: the release may be served.", "通过：可以发布。"],
  fail: ["Not passed: the release is held back.", "未通过：不予发布。"],
  checks: ["What the release needs", "发布条件"],
  check: ["Condition", "条件"],
  wanted: ["Needed", "要求"],
  measured: ["Measured", "实测"],
  notMeasured: ["not measured", "未测得"],
  atLeast: ["at least {0}", "不低于 {0}"],
  none: ["none", "无"],
  need_unseen: ["Held-out problems seen in training", "训练中见过的留出题"],
  unseenNext: ["Take those problems out of the training data, or ask others.", "请把这些题从训练数据中去掉，或改用其他题。"],
  need_accuracy: ["Accuracy", "正确率"],
  need_accuracy_low: ["Lower bound of the accuracy", "正确率区间下限"],
  need_gain: ["Gain over direct answers", "比直接作答的提高"],
  needFamily: ["Accuracy in {0}", "{0}的正确率"],
  ok: ["met", "达到"],
  notOk: ["not met", "未达到"],
  inWords: ["In words", "文字说明"],
  costs: ["What each model took", "各模型的代价"],
  family: ["Family", "题型"],
  overall: ["All problems", "全部"],
  problems: ["Problems", "题数"],
  accuracy: ["Accuracy on held-out problems, with 95% intervals", "留出题上的正确率，附 95% 区间"],
  lengths: ["Beyond the lengths it was taught", "超出训练长度的题"],
  predicted: ["Predicted and actual", "预计与实际"],
  stepName: ["Step", "步骤"],
  timePlanned: ["Time planned", "预计时间"],
  timeActual: ["Time taken", "实际时间"],
  memoryPlanned: ["Memory planned", "预计内存"],
  memoryActual: ["Memory used", "实际内存"],
  meanTokens: ["Tokens per reply", "每次回复词元数"],
  sampled: ["FLOPs of sampling", "采样 FLOPs"],
  model: ["Model", "模型"],
  share: ["Of the measured peak", "占实测峰值"],
  error: ["Error", "误差"],
  within: ["within", "区间内"],
  inAll: ["In all", "合计"],
  role_direct: ["Direct", "直接作答"],
  role_taught: ["After SFT", "SFT 之后"],
  role_tutor: ["As served", "发布所用"],
  role_rl: ["After RL", "RL 之后"],
  role_coin: ["Random rewards", "随机奖励"],
  family_own: ["own problems", "自有题目"],
  family_add: ["addition", "加法"],
  family_sub: ["subtraction", "减法"],
  family_mul: ["multiplication", "乘法"],
  family_order: ["order of operations", "四则运算"],
  family_linear: ["linear equations", "一元一次方程"],
  family_word: ["word problems", "应用题"],
  family_countdown: ["countdown", "凑数"],
  family_countdown4: ["countdown with four", "四个数凑数"],
  family_system: ["linear systems", "二元一次方程组"],
  family_calendar: ["calendar", "日历"],
  family_unit: ["units", "单位换算"]
};
function say(table) {
  return (key, ...values) => {
    const [en, zh2] = table[key];
    const text = store.lang !== "en" ? zh2 : en.replace(counted, (many, i, noun, verb) => String(values[+i]) === "1" ? `{${i}} ${noun}${verb ? " is" : ""}` : many);
    return text.replace(/\{(\d)\}/g, (_, i) => String(values[+i]));
  };
}
var counted = /\{(\d)\} (answer|byte|checkpoint|cluster|conversation|document|file|line|number|page|parameter|passage|place|point|problem|question|request|row|sentence|step|token)s\b( are)?/g;
var t = say(words);
function maybe(prefix, name) {
  const key = prefix + "_" + name;
  return Object.hasOwn(words, key) ? t(key) : name;
}

// src/api.ts
var Failure = class extends Error {
  constructor(status, code, message, after = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.after = after;
  }
  status;
  code;
  after;
  // after: seconds to wait
};
var failureOf = (err) => err instanceof Failure ? err : new Failure(0, "broken", String(err));
async function ask(method, path, body, signal, headers = {}) {
  let r;
  try {
    r = await fetch(path, {
      method,
      signal,
      body: body === void 0 || typeof body === "string" ? body : JSON.stringify(body),
      headers: { "Accept-Language": store.lang, ...body === void 0 ? {} : { "Content-Type": "application/json" }, ...headers }
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new Failure(0, "unreachable", t("unreachable"));
  }
  if (r.ok) return r;
  let code = "", message = `${r.status} ${r.statusText}`;
  try {
    const e = (await r.json()).error;
    code = e.code;
    message = e.message;
  } catch {
  }
  if (code === "account_erased") store.erased = true;
  throw new Failure(r.status, code, message, +(r.headers.get("Retry-After") ?? 0) || 0);
}
async function get(path) {
  try {
    return await (await ask("GET", path)).json();
  } catch (err) {
    if (err instanceof Failure && err.status === 404) return null;
    throw err;
  }
}
async function act(method, path, body = {}) {
  const r = await ask(method, path, body), out = await r.json();
  if (r.status === 202 && out.approval) throw new Failure(202, "asked", t("asked", out.approval.id));
  return out;
}
async function* events(r) {
  const reader2 = r.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", id = "";
  try {
    for (; ; ) {
      const { done, value } = await reader2.read();
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        let data = "";
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("id: ")) id = line.slice(4);
          if (line.startsWith("data: ")) data += line.slice(6);
        }
        if (data) yield { id, data };
      }
    }
  } finally {
    reader2.cancel().catch(() => {
    });
  }
}

// src/format.ts
var zh = () => store.lang !== "en";
function seconds(s) {
  if (s >= 59.5) s = Math.round(s);
  if (s < 0.1) return zh() ? "< 0.1 秒" : "< 0.1 s";
  if (s < 10) return s.toFixed(1) + (zh() ? " 秒" : " s");
  if (s < 60) return Math.round(s) + (zh() ? " 秒" : " s");
  const m = Math.floor(s / 60), r = s % 60;
  if (m < 60) return zh() ? `${m} 分 ${r} 秒` : `${m} min ${r} s`;
  return zh() ? `${Math.floor(m / 60)} 小时 ${m % 60} 分` : `${Math.floor(m / 60)} h ${m % 60} min`;
}
function milliseconds(v) {
  return (v < 0.01 ? "< 0.01" : +v.toPrecision(3)) + (zh() ? " 毫秒" : " ms");
}
function span(low, high3) {
  const a = seconds(low), b = seconds(high3);
  if (a === b) return a;
  if (high3 >= 60) return `${a} – ${b}`;
  const digits = high3 < 10 ? 1 : 0;
  return `${low.toFixed(digits)} – ${high3.toFixed(digits)}` + (zh() ? " 秒" : " s");
}
function bytes(b) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (b >= 1024 && i < units.length - 1) {
    b /= 1024;
    i++;
  }
  return (i === 0 || b >= 100 ? b.toFixed(0) : b.toFixed(1)) + " " + units[i];
}
function flops(v) {
  return v.toExponential(1).replace("e+", "e");
}
function count(v) {
  return Number.isInteger(v) || Math.abs(v) >= 100 ? Math.round(v).toLocaleString("en") : v.toPrecision(3);
}
function params(v) {
  const units = zh() ? [["亿", 1e8], ["万", 1e4]] : [["B", 1e9], ["M", 1e6], ["K", 1e3]];
  for (const [unit, of] of units) if (v >= of) return +(v / of).toPrecision(3) + " " + unit;
  return count(v);
}
function percent(v, digits = 1) {
  return (100 * v).toFixed(digits) + "%";
}
function listed(words2) {
  return words2.filter(Boolean).join(zh() ? "、" : ", ");
}
function clauses(said) {
  return said.filter(Boolean).join(zh() ? "，" : ", ");
}
function told(name, of) {
  return name + (zh() ? "：" : ": ") + of;
}
function day(v) {
  const d = new Date(typeof v === "number" ? v * 1e3 : v);
  if (Number.isNaN(d.getTime()) || d.getFullYear() < 1971) return "";
  const two = (n) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}
function short(digest) {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

// src/chart.tsx
var wide = 520;
var high = 230;
var left = 44;
var right = 12;
var top = 10;
var bottom = 26;
var dashes = ["", "6 3", "2 3", "9 3 2 3"];
var colours = 6;
function Chart({ title, series, low, high: most, unit = "", onZoom, zoomed = false, x: xName = t("step") }) {
  const [drag, setDrag] = useState(null);
  if (series.every((s) => s.points.length === 0)) return /* @__PURE__ */ createElement("figure", null, /* @__PURE__ */ createElement("figcaption", null, title), /* @__PURE__ */ createElement("p", { class: "quiet" }, t("noRows")));
  const xs = series.flatMap((s) => s.points.map((p) => p[0])), ys = series.flatMap((s) => s.points.map((p) => p[1])).filter(Number.isFinite);
  const x0 = Math.min(...xs), x1 = Math.max(...xs, x0 + 1);
  const y0 = low ?? Math.min(...ys), y1 = most ?? Math.max(...ys, y0 + 1e-3);
  const x = (v) => left + (v - x0) / (x1 - x0) * (wide - left - right);
  const y = (v) => top + (y1 - v) / (y1 - y0) * (high - top - bottom);
  const back = (e) => {
    const box = e.currentTarget.getBoundingClientRect();
    return x0 + Math.max(0, Math.min(1, ((e.clientX - box.left) / box.width * wide - left) / (wide - left - right))) * (x1 - x0);
  };
  const middle = (x0 + x1) / 2, quarter = (x1 - x0) / 4;
  return /* @__PURE__ */ createElement("figure", null, /* @__PURE__ */ createElement("figcaption", null, title, unit && /* @__PURE__ */ createElement("span", { class: "quiet" }, " · ", unit)), /* @__PURE__ */ createElement(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${wide} ${high}`,
      role: "img",
      "aria-label": title,
      onPointerDown: (e) => {
        if (onZoom) setDrag([back(e), back(e)]);
      },
      onPointerMove: (e) => {
        if (drag) setDrag([drag[0], back(e)]);
      },
      onPointerUp: () => {
        if (drag && Math.abs(drag[1] - drag[0]) > (x1 - x0) / 50) onZoom([Math.floor(Math.min(...drag)), Math.ceil(Math.max(...drag))]);
        setDrag(null);
      }
    },
    drag && /* @__PURE__ */ createElement("rect", { class: "chosen", x: x(Math.min(...drag)), width: Math.abs(x(drag[1]) - x(drag[0])), y: top, height: high - top - bottom }),
    ticks(y0, y1, 5).map((v) => /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("line", { class: "grid", x1: left, x2: wide - right, y1: y(v), y2: y(v) }), /* @__PURE__ */ createElement("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, brief(v + 0)))),
    ticks(x0, x1, 6).map((v) => /* @__PURE__ */ createElement("text", { x: x(v), y: high - 8, "text-anchor": "middle" }, count(v))),
    /* @__PURE__ */ createElement("text", { x: left - 6, y: high - 8, "text-anchor": "end" }, xName),
    series.map((s, i) => /* @__PURE__ */ createElement(
      "path",
      {
        class: `line c${i % colours}`,
        "stroke-dasharray": dashes[Math.floor(i / colours) % dashes.length],
        d: thin(s.points).map(([a, b], j) => `${j ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("")
      }
    )),
    series.map((s, i) => {
      const [a, b] = s.points.at(-1) ?? [x0, NaN];
      return Number.isFinite(b) && /* @__PURE__ */ createElement("circle", { class: `dot c${i % colours}`, cx: x(a), cy: y(b), r: "3" });
    })
  ), /* @__PURE__ */ createElement("ul", { class: "legend" }, series.map((s, i) => /* @__PURE__ */ createElement("li", null, /* @__PURE__ */ createElement("svg", { width: "22", height: "8", "aria-hidden": "true" }, /* @__PURE__ */ createElement(
    "line",
    {
      class: `line c${i % colours}`,
      x1: "1",
      x2: "21",
      y1: "4",
      y2: "4",
      "stroke-dasharray": dashes[Math.floor(i / colours) % dashes.length]
    }
  )), s.name, " ", /* @__PURE__ */ createElement("b", null, figure(s.points.at(-1)?.[1]))))), onZoom && /* @__PURE__ */ createElement("div", { class: "zoom" }, /* @__PURE__ */ createElement("button", { type: "button", onClick: () => onZoom([Math.floor(middle - quarter), Math.ceil(middle + quarter)]), "aria-label": t("zoomIn", title) }, "+"), zoomed && /* @__PURE__ */ createElement("button", { type: "button", onClick: () => onZoom(null), "aria-label": t("zoomOut", title) }, t("whole"))), /* @__PURE__ */ createElement("details", { class: "quiet" }, /* @__PURE__ */ createElement("summary", null, t("asTable")), /* @__PURE__ */ createElement(Numbers, { title, series })));
}
function Numbers({ title, series }) {
  const rows = [...new Set(series.flatMap((s) => thin(s.points, 24).map((p) => p[0])))].sort((a, b) => a - b);
  const at = series.map((s) => new Map(s.points));
  return /* @__PURE__ */ createElement("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, /* @__PURE__ */ createElement("table", null, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "col" }, t("step")), series.map((s) => /* @__PURE__ */ createElement("th", { scope: "col" }, s.name)))), /* @__PURE__ */ createElement("tbody", null, rows.map((r) => /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "row" }, r), at.map((m) => /* @__PURE__ */ createElement("td", null, m.get(r)?.toFixed(4) ?? "")))))));
}
function thin(points, most = 400) {
  if (points.length <= most) return points;
  const out = [points[0]], n = most / 2 - 1;
  for (let i = 0; i < n; i++) {
    const part = points.slice(1 + Math.floor(i * (points.length - 2) / n), 1 + Math.floor((i + 1) * (points.length - 2) / n));
    const low = part.reduce((a, b) => b[1] < a[1] ? b : a), up = part.reduce((a, b) => b[1] > a[1] ? b : a);
    out.push(...low === up ? [low] : low[0] < up[0] ? [low, up] : [up, low]);
  }
  out.push(points.at(-1));
  return out;
}
function ticks(low, high3, n) {
  const rough = (high3 - low) / n, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= rough) ?? 10);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high3 + step * 1e-9; i++) out.push(i * step);
  return out;
}
function figure(v) {
  return v === void 0 || !Number.isFinite(v) ? "" : Math.abs(v) >= 1e6 ? brief(v) : Math.abs(v) >= 100 ? count(v) : Math.abs(v) < 1e-3 && v !== 0 ? v.toExponential(2) : v.toFixed(3);
}
function brief(v) {
  for (const [unit, of] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e4]]) if (Math.abs(v) >= of) return +(v / (of === 1e4 ? 1e3 : of)).toPrecision(4) + unit;
  return String(+v.toPrecision(6));
}
function scaleOfShares(series) {
  const values = series.flatMap((s) => s.points.map((p) => p[1])).filter(Number.isFinite);
  return { low: Math.min(0, ...values), high: Math.max(1, ...values) };
}
function Curve({ title, of, unit, scale = 1, every = 0, shares = false }) {
  const [range, setRange] = useState(null);
  const [series, setSeries] = useState(null);
  const frame = useRef(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const eye = new IntersectionObserver((list) => {
      if (list.some((e) => e.isIntersecting)) setNear(true);
    }, { rootMargin: "200px" });
    eye.observe(frame.current);
    return () => eye.disconnect();
  }, []);
  const key = JSON.stringify(of) + JSON.stringify(range) + store.lang;
  useEffect(() => {
    if (!near) return;
    let over = false, timer = 0;
    const run = async () => {
      const list = await Promise.all(of.map(async (w) => {
        const part = range ? `&from=${range[0]}&to=${range[1]}` : "";
        const got = await get(`/api/curves/points?id=${encodeURIComponent(w.id)}&series=${encodeURIComponent(w.series)}&most=800${part}`).catch(() => null);
        return { name: w.name, points: (got?.series[w.series] ?? []).map(([a, b]) => [a, b * scale]) };
      }));
      if (over) return;
      setSeries(list);
      if (every) timer = setTimeout(run, every);
    };
    run();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, near, every]);
  return /* @__PURE__ */ createElement("div", { ref: frame, class: "curve" }, !series ? /* @__PURE__ */ createElement("figure", { class: "coming" }, /* @__PURE__ */ createElement("figcaption", null, title), /* @__PURE__ */ createElement("p", { class: "quiet" }, "…")) : /* @__PURE__ */ createElement(Chart, { title, unit, series: series.filter((s) => s.points.length), ...shares && scaleOfShares(series), onZoom: setRange, zoomed: !!range }));
}

// src/follow.ts
var idOf = (n) => `${n.kind}.${n.name}`;
var may = (action) => store.who?.may[action] !== false;
var loadPlan = inTurn(async () => {
  try {
    const [plan, runs] = await Promise.all([may("read_plan") ? get("/api/plan") : null, may("read_runs") ? get("/api/runs") : null]);
    store.plan = plan;
    store.noPlan = !plan;
    store.runs = runs ?? [];
    redraw();
  } catch (err) {
    if (err instanceof Failure && err.status === 401) store.signIn = true;
    redraw();
  }
});
var source = null;
var followed = "";
var lost = 0;
function heard(is) {
  if (!is) {
    lost ||= setTimeout(() => {
      store.lost = true;
      redraw();
    }, 2e3);
    return;
  }
  clearTimeout(lost);
  lost = 0;
  if (!store.lost) return;
  store.lost = false;
  store.back++;
  loadPlan();
  redraw();
}
function followLive(onLive, onEnd) {
  source?.close();
  const mine = source = new EventSource("/api/events?lang=" + store.lang);
  let names = "";
  source.onopen = () => heard(true);
  source.onerror = () => {
    heard(false);
    if (mine.readyState === EventSource.CLOSED && source === mine) setTimeout(onEnd, 3e3);
  };
  source.onmessage = (e) => {
    const m = JSON.parse(e.data);
    if (m.type === "live") {
      store.now = m.live;
      const releases = store.now.releases.map((r) => r.name).join(), now = releases + (store.now.tasks ?? []).map((task) => task.id + (task.ended ?? "")).join();
      if (names ? now !== names : store.server && releases !== store.server.releases.map((r) => r.name).join()) onLive();
      names = now || " ";
    } else if (m.type === "line" && store.run === "latest") {
      if (m.run !== followed) {
        followed = m.run;
        reader?.abort();
        store.live = /* @__PURE__ */ new Map();
        loadPlan();
      }
      takeLine(m.line);
    } else if (m.type === "run_end") loadPlan();
    redraw();
  };
}
var reader = null;
async function showRun(id) {
  reader?.abort();
  const mine = reader = new AbortController();
  store.run = id;
  store.live = /* @__PURE__ */ new Map();
  redraw();
  const run = id === "latest" ? followed || store.runs[0]?.id : id;
  if (!run) return;
  try {
    for await (const e of events(await ask("GET", `/api/runs/${encodeURIComponent(run)}/events`, void 0, mine.signal))) {
      if (mine.signal.aborted) return;
      if (e.id) takeLine(JSON.parse(e.data));
      else return;
    }
  } catch {
  }
}
var planDue = 0;
function takeLine(e) {
  if (!["progress", "metric", "count", "note", "sample"].includes(e.type)) {
    planDue ||= setTimeout(() => {
      planDue = 0;
      loadPlan();
    }, 50);
    return;
  }
  if (store.run === "latest" && store.plan?.nodes.some((n) => idOf(n) === e.step && n.state === "waiting"))
    planDue ||= setTimeout(() => {
      planDue = 0;
      loadPlan();
    }, 3e3);
  let s = store.live.get(e.step);
  if (!s) {
    s = { done: 0, total: 0, unit: "", what: "", since: 0, first: 0, values: {}, series: /* @__PURE__ */ new Map(), notes: [] };
    store.live.set(e.step, s);
  }
  if (e.text) e.type === "note" || e.type === "sample" ? s.notes.push(e.text) : s.what = e.text;
  if (e.type === "progress") {
    const done = e.done ?? 0, total = e.total ?? 0, unit = e.unit ?? "";
    if (!s.since || unit !== s.unit || total !== s.total || done < s.done) [s.since, s.first] = [Date.now(), done];
    [s.done, s.total, s.unit] = [done, total, unit];
  }
  Object.assign(s.values, e.values);
  if (e.type === "metric" && e.values?.step !== void 0) {
    for (const [name, v] of Object.entries(e.values)) {
      if (name === "step") continue;
      const points = s.series.get(name) ?? [];
      while (points.length && points.at(-1)[0] >= e.values.step) points.pop();
      points.push([e.values.step, v]);
      s.series.set(name, points);
    }
  }
  redraw();
}
function stateOf(n) {
  const live = store.live.get(idOf(n)) ?? n.progress;
  const state = n.state || (n.action === "keep" || n.digest ? "done" : "waiting");
  return { state, part: state === "done" ? 1 : state === "running" && live?.total ? Math.min(1, live.done / live.total) : 0 };
}
function progressOfPlan() {
  const nodes = store.plan?.nodes ?? [];
  if (nodes.length === 0) return null;
  const weight = (n) => n.forecast ? Math.max((n.forecast.low + n.forecast.high) / 2, 0.1) : 0.1;
  let part = 0, all = 0, done = 0, failed = 0, skipped = 0, now = "";
  for (const n of nodes) {
    const s = stateOf(n);
    part += s.part * weight(n);
    all += weight(n);
    if (s.state === "done") done++;
    if (s.state === "failed") failed++;
    if (s.state === "skipped") skipped++;
    if (s.state === "running") now = idOf(n) + " " + liveText(n);
  }
  const text = clauses([t("stepsDone", done, nodes.length), failed ? t("stepsFailed", failed) : "", skipped ? t("stepsSkipped", skipped) : ""]);
  return { part: part / all, done, all: nodes.length, now, text };
}
function liveText(n) {
  const s = store.live.get(idOf(n));
  if (!s) return "";
  const parts = [];
  if (s.total) parts.push(`${Math.floor(100 * s.done / s.total)}%`, `${count(s.done)}/${count(s.total)} ${maybe("unit", s.unit)}`);
  const spent = (Date.now() - s.since) / 1e3;
  if (s.total > s.done && s.done > s.first && spent > 1) parts.push(t("left", seconds((s.total - s.done) / (s.done - s.first) * spent)));
  if (s.what) parts.push(s.what);
  return parts.join(" · ");
}

// src/parts.tsx
function Page({ title, lead, side, children }) {
  return /* @__PURE__ */ createElement("div", { class: "page" }, /* @__PURE__ */ createElement("div", { class: "row head" }, /* @__PURE__ */ createElement("h1", null, title), side && /* @__PURE__ */ createElement("div", { class: "push row" }, side)), lead && /* @__PURE__ */ createElement("p", { class: "lead" }, lead), children);
}
var cards = 0;
function Card({ title, side, children, id }) {
  const own = useRef(id ?? "card" + ++cards).current;
  return /* @__PURE__ */ createElement("section", { class: "card", "aria-labelledby": title ? own : void 0 }, title && /* @__PURE__ */ createElement("div", { class: "row" }, /* @__PURE__ */ createElement("h2", { id: own }, title), side && /* @__PURE__ */ createElement("div", { class: "push row" }, side)), children);
}
function Empty({ title, children }) {
  return /* @__PURE__ */ createElement("div", { class: "empty" }, /* @__PURE__ */ createElement(Flame, null), /* @__PURE__ */ createElement("div", null, /* @__PURE__ */ createElement("h2", null, title), children));
}
function Flame() {
  return /* @__PURE__ */ createElement("svg", { viewBox: "0 0 32 32", width: "40", height: "40", "aria-hidden": "true", class: "flame" }, /* @__PURE__ */ createElement("path", { d: "M16 3c2 6 8 8 8 15a8 8 0 0 1-16 0c0-4 2-6 3-8 1 2 2 3 3 4 1-4 0-7 2-11z" }));
}
function Fail({ of, retry }) {
  if (of.status === 202) return /* @__PURE__ */ createElement("div", { class: "once", role: "status" }, /* @__PURE__ */ createElement("p", null, of.message), /* @__PURE__ */ createElement("a", { href: "#settings/two" }, t("proposals")));
  return /* @__PURE__ */ createElement("div", { class: "failure", role: "alert" }, /* @__PURE__ */ createElement("p", null, of.message), retry && /* @__PURE__ */ createElement("button", { onClick: retry }, t("retry")));
}
function missed(err) {
  const failure = failureOf(err);
  if (failure.status === 401) {
    store.signIn = true;
    redraw();
  }
  return failure;
}
function useGet(path, every = 0) {
  const [state, set] = useState({ path: "", data: null, failure: null });
  const [turn, next] = useState(0);
  const lang = store.lang;
  useEffect(() => {
    if (!path) return;
    let over = false, timer = 0;
    const run = async () => {
      let data = null, failure = null;
      try {
        data = await get(path);
      } catch (err) {
        failure = missed(err);
      }
      if (over) return;
      set((old) => ({ path, data: failure && old.path === path ? old.data : data, failure }));
      if (every) timer = setTimeout(run, every);
    };
    run();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, lang, turn, store.back]);
  return { data: state.path === path ? state.data : null, failure: state.failure, loading: state.path !== path, reload: () => next((n) => n + 1) };
}
function Loaded({ of, none, children }) {
  if (of.failure) return /* @__PURE__ */ createElement(Fail, { of: of.failure, retry: of.reload });
  if (of.loading) return /* @__PURE__ */ createElement("p", { class: "quiet" }, t("loading"));
  return /* @__PURE__ */ createElement(Fragment, null, of.data === null ? none : children(of.data));
}
function useAct() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState(null);
  return {
    busy,
    failure,
    run: async (f) => {
      setBusy(true);
      setFailure(null);
      try {
        await f();
        return true;
      } catch (err) {
        setFailure(failureOf(err));
        return false;
      } finally {
        setBusy(false);
      }
    }
  };
}
function FactList({ rows }) {
  return /* @__PURE__ */ createElement("dl", { class: "facts-list" }, rows.filter(([, v]) => v !== "" && v !== null && v !== void 0).map(([k, v]) => /* @__PURE__ */ createElement("div", { key: k }, /* @__PURE__ */ createElement("dt", null, k), /* @__PURE__ */ createElement("dd", null, v))));
}
function Meter({ part, label }) {
  return /* @__PURE__ */ createElement("div", { class: "meter-row" }, /* @__PURE__ */ createElement("div", { class: "meter", role: "img", "aria-label": label }, /* @__PURE__ */ createElement("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" }, /* @__PURE__ */ createElement("rect", { class: "track", width: "100", height: "6" }), /* @__PURE__ */ createElement("rect", { class: part > 0.9 ? "full" : "part", width: Math.max(0, Math.min(1, part)) * 100, height: "6" }))), /* @__PURE__ */ createElement("span", { class: "quiet" }, label));
}
function Tag({ kind = "", children }) {
  return /* @__PURE__ */ createElement("span", { class: "tag " + kind }, children);
}
function Command({ line }) {
  const own = line.replace(/(?<=^[^"]*[ :])[A-Z]+(?![\w/.-])/g, (of) => maybe("place", of));
  return /* @__PURE__ */ createElement("p", { class: "quiet command" }, t("sameAs"), " ", /* @__PURE__ */ createElement("code", { tabIndex: 0 }, own));
}
var fields = 0;
function Field({ label, hint, children }) {
  const id = useRef("field" + ++fields).current;
  return /* @__PURE__ */ createElement("div", { class: "labelled" }, /* @__PURE__ */ createElement("label", { for: id }, label), hint && /* @__PURE__ */ createElement("span", { class: "quiet" }, hint), children(id));
}
function Tabs({ of, at, set, label }) {
  return /* @__PURE__ */ createElement("div", { class: "tabs", role: "group", "aria-label": label }, of.map(([k, name]) => /* @__PURE__ */ createElement("button", { key: k, type: "button", "aria-pressed": k === at, onClick: () => set(k) }, name)));
}
var mends = { ready: "#models", backup: "#settings/backup", release: "#releases", disk: "#settings/keep", quota: "#settings/keep", queue: "#compute", kv: "#compute", memory: "#models" };
function HealthCard({ only = false }) {
  const got = useGet(store.server && mayDo("read_metrics") ? "/api/health" : "", 15e3);
  if (got.failure || store.lost) return null;
  const list = (got.data?.checks ?? []).filter((c) => !only || c.level !== "ok");
  if (!list.length) return only && got.data ? /* @__PURE__ */ createElement("p", { class: "good" }, "✓ ", t("healthy")) : null;
  const rows = /* @__PURE__ */ createElement("ul", { class: "plainlist health" }, list.map((c) => /* @__PURE__ */ createElement("li", { key: c.name }, /* @__PURE__ */ createElement(Tag, { kind: { ok: "done", warn: "running" }[c.level] ?? "failed" }, maybe("level", c.level)), " ", /* @__PURE__ */ createElement("b", null, maybe("health", c.name)), " ", c.why, c.level !== "ok" && mends[c.name] && /* @__PURE__ */ createElement("a", { class: "mend", href: mends[c.name] }, t("mend")))));
  return only ? rows : /* @__PURE__ */ createElement(Card, { title: t("health") }, rows);
}
function TaskList({ kinds }) {
  const list = (store.now?.tasks ?? []).filter((task) => kinds.includes(task.kind));
  return list.length === 0 ? null : /* @__PURE__ */ createElement("ul", { class: "tasks", "aria-live": "polite" }, list.slice(0, 5).map((task) => /* @__PURE__ */ createElement("li", { key: task.id, class: task.failed ? "bad" : "" }, /* @__PURE__ */ createElement("span", { class: task.ended ? "" : "pulse" }, task.ended ? task.failed ? "✗" : "✓" : "◐"), " ", /* @__PURE__ */ createElement("b", null, task.name), " ", task.failed ?? task.done ?? t("underWay"), !task.ended && task.of ? /* @__PURE__ */ createElement(Meter, { part: (task.steps ?? 0) / task.of, label: t("stepsOf", count(task.steps ?? 0), count(task.of)) }) : null)));
}

// src/table.tsx
var high2 = 38;
var block = 100;
var beyond = 8;
function Table({ columns, source: source2, load, label, empty }) {
  const frame = useRef(null);
  const got = useRef({ source: "", total: -1, blocks: /* @__PURE__ */ new Map() });
  const [top2, setTop] = useState(0);
  const [, drawn] = useState(0);
  const [turn, again] = useState(0);
  const name = [source2, store.lang, store.back].join();
  if (got.current.source !== name) got.current = { source: name, total: -1, blocks: /* @__PURE__ */ new Map() };
  const mine = got.current;
  const seen = Math.ceil((frame.current?.clientHeight ?? 480) / high2);
  const first = Math.max(0, Math.floor(top2 / high2) - beyond), last = Math.min(Math.max(mine.total, 0), first + seen + 2 * beyond);
  useEffect(() => {
    const timer = setTimeout(() => {
      for (let b = Math.floor(first / block); b <= Math.floor(Math.max(first, last - 1) / block); b++) {
        if (mine.blocks.has(b)) continue;
        mine.blocks.set(b, null);
        load(b * block, block).then((slice2) => {
          mine.total = slice2?.total ?? 0;
          mine.blocks.set(b, slice2?.rows ?? []);
          drawn((n) => n + 1);
        }, (err) => {
          mine.blocks.set(b, missed(err));
          drawn((n) => n + 1);
        });
      }
    }, mine.total < 0 ? 0 : 60);
    return () => clearTimeout(timer);
  }, [name, first, last, turn]);
  useEffect(() => {
    if (frame.current) frame.current.scrollTop = 0;
    setTop(0);
  }, [name]);
  const why = [...mine.blocks.values()].find((rows2) => rows2 instanceof Failure);
  const failure = why && /* @__PURE__ */ createElement(Fail, { of: why, retry: () => {
    for (const [b, rows2] of mine.blocks) if (rows2 instanceof Failure) mine.blocks.delete(b);
    again((n) => n + 1);
  } });
  if (failure && mine.total < 0) return failure;
  if (mine.total === 0) return /* @__PURE__ */ createElement("div", { class: "quiet" }, empty ?? t("noRows"));
  const rows = [];
  for (let i = first; i < last; i++) {
    const of = mine.blocks.get(Math.floor(i / block)), row = Array.isArray(of) ? of[i % block] : void 0;
    rows.push(/* @__PURE__ */ createElement("div", { role: "row", "aria-rowindex": i + 2, class: "trow", key: i, ref: (e) => {
      if (e) e.style.top = `${i * high2}px`;
    } }, columns.map((c) => /* @__PURE__ */ createElement("div", { role: "cell", key: c.key, class: c.number ? "number" : "", ref: grow(c) }, row ? c.cell(row) : "…"))));
  }
  return /* @__PURE__ */ createElement("div", { class: "vtable" }, /* @__PURE__ */ createElement("div", { role: "table", class: "tbody", ref: frame, tabIndex: 0, "aria-label": label, "aria-rowcount": mine.total + 1, onScroll: (e) => setTop(e.target.scrollTop) }, /* @__PURE__ */ createElement("div", { role: "rowgroup", class: "thead" }, /* @__PURE__ */ createElement("div", { role: "row", class: "trow", "aria-rowindex": 1 }, columns.map((c) => /* @__PURE__ */ createElement("div", { role: "columnheader", key: c.key, class: c.number ? "number" : "", ref: grow(c) }, c.title)))), /* @__PURE__ */ createElement("div", { role: "rowgroup", class: "tall", ref: (e) => {
    if (e) e.style.height = `${Math.max(mine.total, 1) * high2}px`;
  } }, rows)), failure, /* @__PURE__ */ createElement("p", { class: "quiet", role: "status" }, mine.total < 0 ? t("loading") : t("rows", count(mine.total))));
}
var grow = (c) => (e) => {
  if (e) e.style.flexGrow = String(c.wide ?? 1);
};
export {
  Card,
  Chart,
  Command,
  Curve,
  Empty,
  FactList,
  Fail,
  Failure,
  Field,
  Flame,
  Fragment,
  HealthCard,
  Loaded,
  Meter,
  Page,
  Table,
  Tabs,
  Tag,
  TaskList,
  act,
  ask,
  brief,
  bytes,
  clauses,
  count,
  day,
  events,
  failureOf,
  flops,
  followLive,
  get,
  createElement as h,
  idOf,
  inTurn,
  keep,
  kept,
  listed,
  liveText,
  loadPlan,
  mayDo,
  mayOpen,
  maybe,
  milliseconds,
  missed,
  onDraw,
  onSignedIn,
  params,
  percent,
  progressOfPlan,
  redraw,
  render,
  say,
  scaleOfShares,
  seconds,
  short,
  showRun,
  signedIn,
  span,
  stateOf,
  store,
  t,
  takeLine,
  thin,
  ticks,
  told,
  useAct,
  useEffect,
  useGet,
  useMemo,
  useRef,
  useState
};
