(() => {
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
  function rangeEnd(start2, nodes) {
    if (start2 && start2.nodeType == 8 && start2.data.startsWith("$s")) {
      for (let depth = 1; start2 = start2.nextSibling; ) {
        if (start2.nodeType == 8) {
          if (start2.data.startsWith("$s")) depth++;
          else if (start2.data.startsWith("/$s") && !--depth) return start2;
        }
        if (nodes) nodes.push(start2);
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
    page: "chat",
    server: null,
    failure: null,
    // of the page as a whole
    signIn: false,
    draft: "",
    turns: [],
    plan: null,
    noPlan: false,
    report: null,
    runs: [],
    run: "latest",
    live: /* @__PURE__ */ new Map(),
    picked: ""
    // the step whose details show
  };
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

  // src/words.ts
  var words = {
    chat: ["Chat", "对话"],
    plan: ["Plan", "计划"],
    language: ["Language", "语言"],
    theme: ["Colours", "配色"],
    theme_auto: ["As the system", "跟随系统"],
    theme_light: ["Light", "浅色"],
    theme_dark: ["Dark", "深色"],
    skip: ["Skip to the content", "跳到正文"],
    unreachable: ["The server does not answer. Is suiren serve still running? Start it, then try again.", "服务器没有应答。suiren serve 还在运行吗？启动它，再试一次。"],
    retry: ["Try again", "再试一次"],
    signInTitle: ["This page needs your key", "请输入密钥"],
    signInHelp: ["Open the address that the server printed when it started, or give an API key.", "请打开服务器启动时打印的网址，或输入 API 密钥。"],
    key: ["API key", "API 密钥"],
    signIn: ["Sign in", "登录"],
    loading: ["Asking the server…", "正在连接服务器……"],
    hello: ["Ask {0}", "问问 {0}"],
    helloHelp: ["It thinks before it answers, and shows its thoughts. Each question stands on its own.", "它先思考再回答，思考过程都会显示。每个问题独立作答。"],
    factParameters: ["{0} parameters", "{0} 参数"],
    factThink: ["thinks up to {0} tokens", "最多思考 {0} 个词元"],
    factPassages: ["quotes {0} passages of documents", "可引用 {0} 段资料"],
    factHere: ["runs on this machine; nothing leaves it", "在本机运行，内容不出本机"],
    question: ["Your question", "你的问题"],
    askPlace: ["Ask a question", "请输入问题"],
    askHint: ["Enter sends, Shift+Enter begins a new line", "回车发送，Shift+回车换行"],
    send: ["Send", "发送"],
    stop: ["Stop", "停止"],
    clear: ["Clear", "清空"],
    examples: ["Examples", "示例"],
    you: ["You", "你"],
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
    kind_documents: ["documents", "文档"],
    kind_corpus: ["corpus", "语料"],
    kind_examples: ["examples", "样例"],
    kind_tokenizer: ["tokenizer", "分词器"],
    kind_tokens: ["tokens", "词元"],
    kind_weights: ["weights", "权重"],
    kind_knowledge: ["knowledge", "知识库"],
    kind_policy: ["policy", "策略"],
    kind_scenario: ["scenario", "场景"],
    kind_verdict: ["verdict", "评测"],
    kind_release: ["release", "发布"],
    field_time: ["Time", "时间"],
    field_memory: ["Memory", "内存"],
    field_flops: ["Training FLOPs", "训练 FLOPs"],
    field_inputs: ["Made from", "由来"],
    field_digest: ["Digest", "摘要"],
    field_reason: ["Reason", "原因"],
    field_basis: ["Basis of the estimate", "估计依据"],
    field_now: ["Now", "当前"],
    forecast: ["planned {0}", "预计 {0}"],
    actual: ["took {0}", "实际 {0}"],
    used: ["used {0}", "实际 {0}"],
    left: ["{0} left", "还需 {0}"],
    unit_steps: ["steps", "步"],
    unit_tokens: ["tokens", "词元"],
    unit_problems: ["problems", "题"],
    unit_rows: ["rows", "行"],
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
    report: ["Report", "报告"],
    noReport: ["The report appears here when the verdict is made.", "评测完成后，报告显示在这里。"],
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
  function t(key, ...values) {
    return words[key][store.lang === "en" ? 0 : 1].replace(/\{(\d)\}/g, (_, i) => String(values[+i]));
  }
  function maybe(prefix, name) {
    const key = prefix + "_" + name;
    return Object.hasOwn(words, key) ? t(key) : name;
  }

  // src/api.ts
  var Failure = class extends Error {
    constructor(status, code, message) {
      super(message);
      this.status = status;
      this.code = code;
    }
    status;
    code;
  };
  async function ask(method, path, body, signal, headers = {}) {
    let r;
    try {
      r = await fetch(path, {
        method,
        signal,
        body: body === void 0 ? void 0 : JSON.stringify(body),
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
    throw new Failure(r.status, code, message);
  }
  async function get(path) {
    try {
      return await (await ask("GET", path)).json();
    } catch (err) {
      if (err instanceof Failure && err.status === 404) return null;
      throw err;
    }
  }
  async function* events(r) {
    const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "", id = "";
    try {
      for (; ; ) {
        const { done, value } = await reader.read();
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
      reader.cancel().catch(() => {
      });
    }
  }

  // src/format.ts
  var zh = () => store.lang !== "en";
  function seconds(s) {
    if (s < 0.1) return zh() ? "< 0.1 秒" : "< 0.1 s";
    if (s < 10) return s.toFixed(1) + (zh() ? " 秒" : " s");
    if (s < 60) return Math.round(s) + (zh() ? " 秒" : " s");
    const m = Math.floor(s / 60), r = Math.round(s - 60 * m);
    if (m < 60) return zh() ? `${m} 分 ${r} 秒` : `${m} min ${r} s`;
    return zh() ? `${Math.floor(m / 60)} 小时 ${m % 60} 分` : `${Math.floor(m / 60)} h ${m % 60} min`;
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
  function percent(v, digits = 1) {
    return (100 * v).toFixed(digits) + "%";
  }

  // src/chart.tsx
  function Curves({ coming: coming2 }) {
    const charts = [];
    for (const [step, live] of store.live) {
      const loss = live.series.get("loss");
      const watched = live.series.get("watch_loss"), norm = live.series.get("norm");
      if (loss) charts.push(/* @__PURE__ */ createElement(Chart, { title: t("loss", step), series: [
        { name: maybe("series", "loss"), points: loss },
        ...watched ? [{ name: maybe("series", "watch_loss"), points: watched }] : []
      ] }));
      if (norm) charts.push(/* @__PURE__ */ createElement(Chart, { title: t("norm", step), series: [{ name: maybe("series", "norm"), points: norm }] }));
      const scores = [];
      for (const [name, points] of live.series) {
        const family = name.replace(/^heldout_/, "");
        if (name === "reward" || name === "heldout" || family !== name) scores.push({ name: family === name ? maybe("series", name) : family, points });
      }
      if (scores.length) charts.push(/* @__PURE__ */ createElement(Chart, { title: t("scores", step), series: scores, low: 0, high: 1 }));
    }
    return charts.length ? /* @__PURE__ */ createElement("div", { class: "charts" }, charts) : /* @__PURE__ */ createElement("p", { class: "quiet" }, t(coming2 ? "curvesComing" : "noCurves"));
  }
  var wide = 520;
  var high = 230;
  var left = 44;
  var right = 12;
  var top = 10;
  var bottom = 26;
  var dashes = ["", "6 3", "2 3", "9 3 2 3"];
  var colours = 6;
  function Chart({ title, series, low, high: most }) {
    const xs = series.flatMap((s) => s.points.map((p) => p[0])), ys = series.flatMap((s) => s.points.map((p) => p[1])).filter(Number.isFinite);
    const x0 = Math.min(...xs), x1 = Math.max(...xs, x0 + 1);
    const y0 = low ?? Math.min(...ys), y1 = most ?? Math.max(...ys, y0 + 1e-3);
    const x = (v) => left + (v - x0) / (x1 - x0) * (wide - left - right);
    const y = (v) => top + (y1 - v) / (y1 - y0) * (high - top - bottom);
    return /* @__PURE__ */ createElement("figure", null, /* @__PURE__ */ createElement("figcaption", null, title), /* @__PURE__ */ createElement("svg", { class: "chart", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": title }, ticks(y0, y1, 5).map((v) => /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("line", { class: "grid", x1: left, x2: wide - right, y1: y(v), y2: y(v) }), /* @__PURE__ */ createElement("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, +v.toPrecision(6)))), ticks(x0, x1, 6).map((v) => /* @__PURE__ */ createElement("text", { x: x(v), y: high - 8, "text-anchor": "middle" }, count(v))), /* @__PURE__ */ createElement("text", { x: left - 6, y: high - 8, "text-anchor": "end" }, t("step")), series.map((s, i) => /* @__PURE__ */ createElement(
      "path",
      {
        class: `line c${i % colours}`,
        "stroke-dasharray": dashes[Math.floor(i / colours) % dashes.length],
        d: thin(s.points).map(([a, b], j) => `${j ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("")
      }
    )), series.map((s, i) => {
      const [a, b] = s.points.at(-1);
      return /* @__PURE__ */ createElement("circle", { class: `dot c${i % colours}`, cx: x(a), cy: y(b), r: "3" });
    })), /* @__PURE__ */ createElement("ul", { class: "legend" }, series.map((s, i) => /* @__PURE__ */ createElement("li", null, /* @__PURE__ */ createElement("svg", { width: "22", height: "8", "aria-hidden": "true" }, /* @__PURE__ */ createElement(
      "line",
      {
        class: `line c${i % colours}`,
        x1: "1",
        x2: "21",
        y1: "4",
        y2: "4",
        "stroke-dasharray": dashes[Math.floor(i / colours) % dashes.length]
      }
    )), s.name, " ", /* @__PURE__ */ createElement("b", null, s.points.at(-1)[1].toFixed(3))))), /* @__PURE__ */ createElement("details", { class: "quiet" }, /* @__PURE__ */ createElement("summary", null, t("asTable")), /* @__PURE__ */ createElement(Table, { series })));
  }
  function Table({ series }) {
    const rows = [...new Set(series.flatMap((s) => thin(s.points, 24).map((p) => p[0])))].sort((a, b) => a - b);
    const at = series.map((s) => new Map(s.points));
    return /* @__PURE__ */ createElement("div", { class: "scroll" }, /* @__PURE__ */ createElement("table", null, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "col" }, t("step")), series.map((s) => /* @__PURE__ */ createElement("th", { scope: "col" }, s.name)))), /* @__PURE__ */ createElement("tbody", null, rows.map((r) => /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "row" }, r), at.map((m) => /* @__PURE__ */ createElement("td", null, m.get(r)?.toFixed(4) ?? "")))))));
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

  // src/graph.tsx
  var wide2 = 132;
  var high2 = 50;
  var lane = 6;
  var across = 34;
  var down = 16;
  var edge = 6;
  var marks = { make: "+", change: "~", remove: "-" };
  var glyphs = { waiting: "○", running: "◐", done: "✓", failed: "✗" };
  var drawn = null;
  function layoutOf(nodes) {
    if (drawn?.nodes !== nodes) drawn = { nodes, layout: layout(nodes) };
    return drawn.layout;
  }
  function layout(nodes) {
    const byID = new Map(nodes.map((n) => [idOf(n), n]));
    const inputs = (id) => (byID.get(id).inputs ?? []).filter((i) => byID.has(i));
    const depth = /* @__PURE__ */ new Map();
    const find = (id) => {
      const known = depth.get(id);
      if (known !== void 0) return known;
      depth.set(id, 0);
      const from = inputs(id).map(find);
      const d = from.length ? 1 + Math.max(...from) : 0;
      depth.set(id, d);
      return d;
    };
    nodes.forEach((n) => find(idOf(n)));
    for (const id of byID.keys()) {
      const fed = [...byID.keys()].filter((to) => inputs(to).includes(id));
      if (!inputs(id).length && fed.length) depth.set(id, Math.max(0, Math.min(...fed.map((to) => depth.get(to))) - 1));
    }
    const columns = [];
    const places = /* @__PURE__ */ new Map();
    const put = (id, column, node) => {
      const p = { id, node, column, high: node ? high2 : lane, y: 0, next: [], last: [] };
      (columns[column] ??= []).push(p);
      places.set(id, p);
      return p;
    };
    for (const [id, n] of byID) put(id, depth.get(id), n);
    const link = (a, b) => {
      if (!a.next.includes(b)) {
        a.next.push(b);
        b.last.push(a);
      }
    };
    const ways = [];
    for (const to of byID.keys()) for (const from of inputs(to)) {
      const way = [places.get(from)];
      for (let c = depth.get(from) + 1; c < depth.get(to); c++) way.push(places.get(`${from} ${c}`) ?? put(`${from} ${c}`, c));
      way.push(places.get(to));
      for (let i = 1; i < way.length; i++) link(way[i - 1], way[i]);
      ways.push({ from: way[0], to: way.at(-1), way });
    }
    const mean = (p, near) => {
      let sum = 0, all2 = 0;
      for (const n of near) {
        const pull = (p.node ? 1 : 4) * (n.node ? 1 : 4);
        sum += pull * n.y;
        all2 += pull;
      }
      return all2 ? sum / all2 : p.y;
    };
    const stack = (c) => {
      let y = -c.reduce((sum, p) => sum + p.high + down, -down) / 2;
      for (const p of c) {
        p.y = y + p.high / 2;
        y += p.high + down;
      }
    };
    columns.forEach(stack);
    for (let sweep = 0; sweep < 12; sweep++) {
      for (const c of sweep % 2 ? [...columns].reverse() : columns) {
        const at = new Map(c.map((p) => [p, mean(p, sweep % 2 ? p.next : p.last)]));
        c.sort((a, b) => at.get(a) - at.get(b));
        stack(c);
      }
    }
    for (let sweep = 0; sweep < 200; sweep++) {
      for (const c of sweep % 2 ? [...columns].reverse() : columns) settle(c, c.map((p) => mean(p, [...p.next, ...p.last])));
    }
    const all = [...places.values()];
    const top2 = Math.min(...all.map((p) => p.y - p.high / 2)), bottom2 = Math.max(...all.map((p) => p.y + p.high / 2));
    for (const p of all) p.y += edge - top2;
    const x = (p) => edge + p.column * (wide2 + across);
    const edges = ways.map(({ from, to, way }) => {
      let path = `M${x(from) + wide2} ${from.y}`;
      for (let i = 1; i < way.length; i++) {
        const a = way[i - 1], b = way[i], half = across / 2;
        path += `C${x(a) + wide2 + half} ${a.y} ${x(b) - half} ${b.y} ${x(b)} ${b.y}`;
        if (!b.node) path += `H${x(b) + wide2}`;
      }
      return { from: from.id, to: to.id, path };
    });
    return { places: all.filter((p) => p.node), edges, width: 2 * edge + columns.length * (wide2 + across) - across, height: 2 * edge + bottom2 - top2, x };
  }
  function settle(c, want) {
    const blocks = [];
    c.forEach((p, i2) => {
      let block = { sum: want[i2], n: 1, offsets: [0] };
      for (let before; before = blocks.at(-1); blocks.pop()) {
        const gap = (c[i2 - block.offsets.length + 1].high + c[i2 - block.offsets.length].high) / 2 + down;
        const reach = before.offsets.at(-1) + gap;
        if (before.sum / before.n + reach <= block.sum / block.n) break;
        block = {
          sum: before.sum + block.sum - reach * block.n,
          n: before.n + block.n,
          offsets: [...before.offsets, ...block.offsets.map((o) => o + reach)]
        };
      }
      blocks.push(block);
    });
    let i = 0;
    for (const b of blocks) for (const o of b.offsets) c[i++].y = b.sum / b.n + o;
  }
  function corner(n) {
    const { state, part } = stateOf(n);
    return state === "running" ? percent(part, 0) : state === "done" ? "" : marks[n.action] ?? "";
  }
  function Graph({ nodes, picked, pick }) {
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement(Drawing, { nodes, picked, pick }), /* @__PURE__ */ createElement(List, { nodes, picked, pick }));
  }
  function Drawing({ nodes, picked, pick }) {
    const { places, edges, width, height, x } = layoutOf(nodes);
    const near = (e) => e.from === picked || e.to === picked;
    return /* @__PURE__ */ createElement("div", { class: "graph", role: "group", "aria-label": t("graph") }, /* @__PURE__ */ createElement("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, edges.filter((e) => !near(e)).map((e) => /* @__PURE__ */ createElement("path", { class: "edge", d: e.path })), edges.filter(near).map((e) => /* @__PURE__ */ createElement("path", { class: "edge near", d: e.path })), places.map((p) => {
      const n = p.node, { state, part } = stateOf(n), kind = maybe("kind", n.kind);
      const name = n.name.length > 13 ? n.name.slice(0, 12) + "…" : n.name;
      return /* @__PURE__ */ createElement(
        "g",
        {
          key: p.id,
          class: `node ${state}`,
          transform: `translate(${x(p)} ${p.y - high2 / 2})`,
          tabindex: 0,
          role: "button",
          "aria-pressed": picked === p.id,
          "aria-label": `${kind} ${n.name}, ${maybe("state", state)}`,
          onClick: () => pick(p.id),
          onKeyDown: (e) => {
            if (e.key === "Enter" || e.key === " ") {
              e.preventDefault();
              pick(p.id);
            }
          }
        },
        /* @__PURE__ */ createElement("rect", { class: "box", width: wide2, height: high2, rx: "9" }),
        state === "running" && /* @__PURE__ */ createElement("rect", { class: "bar", x: "10", y: high2 - 7, width: Math.max(3, (wide2 - 20) * part), height: "3", rx: "1.5" }),
        /* @__PURE__ */ createElement("text", { class: "kind", x: "11", y: "19" }, kind),
        /* @__PURE__ */ createElement("text", { class: "name", x: "11", y: "36" }, name),
        /* @__PURE__ */ createElement("text", { class: "glyph", x: wide2 - 11, y: "20", "text-anchor": "end" }, glyphs[state] ?? "○"),
        /* @__PURE__ */ createElement("text", { class: "mark", x: wide2 - 11, y: "37", "text-anchor": "end" }, corner(n))
      );
    })));
  }
  function List({ nodes, picked, pick }) {
    return /* @__PURE__ */ createElement("ol", { class: "steps", "aria-label": t("graph") }, nodes.map((n) => {
      const id = idOf(n), { state } = stateOf(n);
      return /* @__PURE__ */ createElement("li", null, /* @__PURE__ */ createElement("button", { class: state, "aria-pressed": picked === id, onClick: () => pick(id) }, /* @__PURE__ */ createElement("span", { class: "glyph", "aria-label": maybe("state", state) }, glyphs[state] ?? "○"), /* @__PURE__ */ createElement("span", null, maybe("kind", n.kind), " ", /* @__PURE__ */ createElement("b", null, n.name)), /* @__PURE__ */ createElement("span", { class: "push" }, corner(n))));
    }));
  }

  // src/report.tsx
  function Report({ report: r, nodes }) {
    return /* @__PURE__ */ createElement(Fragment, null, !r ? /* @__PURE__ */ createElement("p", { class: "quiet" }, t("noReport")) : /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("p", { class: r.pass ? "passed" : "failure" }, r.pass ? "✓ " + t("pass") : "✗ " + t("fail")), /* @__PURE__ */ createElement(Scores, { title: t("accuracy"), models: r.models, groups: r.overall ? [r.overall, ...r.families] : r.families, total: r.overall }), r.said && r.said.length > 0 && /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("h3", null, t("inWords")), /* @__PURE__ */ createElement("ul", { class: "said" }, r.said.map((s) => /* @__PURE__ */ createElement("li", null, store.lang === "en" ? s.en : s.zh)))), /* @__PURE__ */ createElement(Checks, { list: r.checks ?? [] }), r.length && r.length.length > 0 && /* @__PURE__ */ createElement(Scores, { title: t("lengths"), models: r.models, groups: r.length }), /* @__PURE__ */ createElement(Costs, { report: r })), /* @__PURE__ */ createElement(Predicted, { nodes }));
  }
  var nameOf = (m) => maybe("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.name);
  function Scores({ title, models, groups, total }) {
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("h3", null, title), /* @__PURE__ */ createElement("div", { class: "scroll" }, /* @__PURE__ */ createElement("table", { class: "scores" }, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "col" }, t("family")), /* @__PURE__ */ createElement("th", { scope: "col" }, t("problems")), models.map((m) => /* @__PURE__ */ createElement("th", { scope: "col", title: m.name }, nameOf(m))))), /* @__PURE__ */ createElement("tbody", null, groups.map((g) => /* @__PURE__ */ createElement("tr", { class: g === total ? "total" : "" }, /* @__PURE__ */ createElement("th", { scope: "row" }, g === total ? t("overall") : maybe("family", g.name)), /* @__PURE__ */ createElement("td", null, g.problems), g.scores.map((s, i) => /* @__PURE__ */ createElement("td", null, /* @__PURE__ */ createElement("div", { class: "score" }, /* @__PURE__ */ createElement(Interval, { score: s, colour: i % 6 }), /* @__PURE__ */ createElement("span", null, percent(s.accuracy), /* @__PURE__ */ createElement("small", null, percent(s.low), " – ", percent(s.high))))))))))));
  }
  function Interval({ score: s, colour }) {
    const wide3 = 96, x = (v) => 4 + v * (wide3 - 8);
    return /* @__PURE__ */ createElement("svg", { class: `interval c${colour}`, width: wide3, height: "16", viewBox: `0 0 ${wide3} 16`, "aria-hidden": "true" }, /* @__PURE__ */ createElement("line", { class: "track", x1: x(0), x2: x(1), y1: "8", y2: "8" }), /* @__PURE__ */ createElement("line", { class: "reach", x1: x(s.low), x2: x(s.high), y1: "8", y2: "8" }), /* @__PURE__ */ createElement("circle", { cx: x(s.accuracy), cy: "8", r: "4" }));
  }
  function Checks({ list }) {
    if (list.length === 0) return null;
    const named = (c) => {
      const family = maybe("family", c.name);
      return family !== c.name ? t("needFamily", family) : maybe("need", c.name);
    };
    const unseen = (c) => c.name === "unseen";
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("h3", null, t("checks")), /* @__PURE__ */ createElement("div", { class: "scroll" }, /* @__PURE__ */ createElement("table", null, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, ["check", "wanted", "measured"].map((k) => /* @__PURE__ */ createElement("th", { scope: "col" }, t(k))), /* @__PURE__ */ createElement("th", null))), /* @__PURE__ */ createElement("tbody", null, list.map((c) => /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "row" }, named(c)), /* @__PURE__ */ createElement("td", null, unseen(c) ? t("none") : t("atLeast", percent(c.want))), /* @__PURE__ */ createElement("td", null, c.got === void 0 ? t("notMeasured") : unseen(c) ? count(c.got) : percent(c.got)), /* @__PURE__ */ createElement("td", { class: c.ok ? "good" : "bad" }, c.ok ? "✓ " + t("ok") : "✗ " + t("notOk"))))))));
  }
  function Costs({ report: r }) {
    const some = (f) => r.models.some((m) => f(m));
    const columns = [
      [t("meanTokens"), (_, i) => count(r.overall?.scores[i].tokens ?? 0), !!r.overall],
      [t("field_flops"), (m) => m.flops ? flops(m.flops) : "–", some((m) => m.flops)],
      [t("sampled"), (m) => m.sample_flops ? flops(m.sample_flops) : "–", some((m) => m.sample_flops)],
      [t("field_time"), (m) => m.seconds ? seconds(m.seconds) : "–", some((m) => m.seconds)],
      [t("share"), (m) => m.share ? percent(m.share) : "–", some((m) => m.share)],
      [t("field_memory"), (m) => m.memory ? bytes(m.memory) : "–", some((m) => m.memory)]
    ];
    const shown = columns.filter((c) => c[2]);
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("h3", null, t("costs")), /* @__PURE__ */ createElement("div", { class: "scroll" }, /* @__PURE__ */ createElement("table", null, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "col" }, t("model")), shown.map(([name]) => /* @__PURE__ */ createElement("th", { scope: "col" }, name)))), /* @__PURE__ */ createElement("tbody", null, r.models.map((m, i) => /* @__PURE__ */ createElement("tr", null, /* @__PURE__ */ createElement("th", { scope: "row" }, nameOf(m)), shown.map(([, value]) => /* @__PURE__ */ createElement("td", null, value(m, i)))))))));
  }
  function Predicted({ nodes }) {
    const made = nodes.filter((n) => n.actual && n.actual.seconds > 0);
    const told = made.filter((n) => n.forecast && n.forecast.high > 0);
    if (told.length === 0) return null;
    const sum = (f) => told.reduce((s, n) => s + f(n), 0);
    const rows = told.map((n) => ({ name: idOf(n), low: n.forecast.low, high: n.forecast.high, took: n.actual.seconds, memory: n.forecast.memory, used: n.actual.memory }));
    if (told.length > 1) rows.push({
      name: "",
      low: sum((n) => n.forecast.low),
      high: sum((n) => n.forecast.high),
      took: sum((n) => n.actual.seconds),
      memory: Math.max(...told.map((n) => n.forecast.memory)),
      used: Math.max(...told.map((n) => n.actual.memory))
    });
    const error = (v) => v >= 2 ? v.toPrecision(2) + " ×" : (v < 1 ? "−" : "+") + percent(Math.abs(v - 1), 0);
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("h3", null, t("predicted")), /* @__PURE__ */ createElement("div", { class: "scroll" }, /* @__PURE__ */ createElement("table", null, /* @__PURE__ */ createElement("thead", null, /* @__PURE__ */ createElement("tr", null, ["stepName", "timePlanned", "timeActual", "error", "memoryPlanned", "memoryActual", "error"].map((k) => /* @__PURE__ */ createElement("th", { scope: "col" }, t(k))))), /* @__PURE__ */ createElement("tbody", null, rows.map((r) => /* @__PURE__ */ createElement("tr", { class: r.name ? "" : "total" }, /* @__PURE__ */ createElement("th", { scope: "row" }, r.name || t("inAll")), /* @__PURE__ */ createElement("td", null, span(r.low, r.high)), /* @__PURE__ */ createElement("td", null, seconds(r.took)), /* @__PURE__ */ createElement("td", null, r.took > r.high ? error(r.took / r.high) : r.took < r.low ? error(r.took / r.low) : t("within")), /* @__PURE__ */ createElement("td", null, r.memory > 0 ? bytes(r.memory) : "–"), /* @__PURE__ */ createElement("td", null, r.used > 0 ? bytes(r.used) : "–"), /* @__PURE__ */ createElement("td", null, r.memory > 0 && r.used > 0 ? error(r.used / r.memory) : "–")))))));
  }

  // src/plan.tsx
  var idOf = (n) => `${n.kind}.${n.name}`;
  async function loadPlan() {
    try {
      const [plan, report, runs] = await Promise.all(
        [get("/api/plan"), get("/api/report"), get("/api/runs")]
      );
      store.plan = plan;
      store.noPlan = !plan;
      store.report = report;
      store.runs = runs ?? [];
      redraw();
    } catch (err) {
      if (err instanceof Failure && err.status === 401) store.signIn = true;
      redraw();
    }
  }
  var follower = null;
  async function followRun() {
    follower?.abort();
    const mine = follower = new AbortController();
    let run = "", last = "", over = false;
    while (!mine.signal.aborted) {
      try {
        const latest = store.run === "latest";
        if (latest) store.runs = await get("/api/runs") ?? [];
        const wanted = latest ? store.runs[0]?.id ?? "" : store.run;
        if (mine.signal.aborted) return;
        if (wanted !== run) {
          [run, last, over] = [wanted, "", false];
          store.live = /* @__PURE__ */ new Map();
          redraw();
        }
        if (run && !over) {
          const r = await ask("GET", `/api/runs/${encodeURIComponent(run)}/events`, void 0, mine.signal, last ? { "Last-Event-ID": last } : {});
          for await (const e of events(r)) {
            if (mine.signal.aborted) return;
            last = e.id || last;
            const event = JSON.parse(e.data);
            if (e.id) take(event);
            else if (event.type === "end") over = true;
          }
          if (over) {
            loadPlan();
            if (latest) await lookBack(mine.signal);
          }
        }
        if (over && !latest) return;
      } catch (err) {
        if (mine.signal.aborted || err instanceof Failure && err.status === 401) return;
      }
      await new Promise((wake) => setTimeout(wake, 5e3));
    }
  }
  async function lookBack(signal) {
    for (const r of store.runs.slice(1, 20)) {
      if ([...store.live.values()].some((s) => s.series.size)) return;
      for await (const e of events(await ask("GET", `/api/runs/${encodeURIComponent(r.id)}/events`, void 0, signal))) {
        const event = JSON.parse(e.data);
        if (signal.aborted) return;
        if (event.type === "metric") take(event);
      }
    }
  }
  var planDue = 0;
  function take(e) {
    if (!["progress", "metric", "count", "note", "sample"].includes(e.type)) {
      clearTimeout(planDue);
      planDue = setTimeout(loadPlan, 200);
      return;
    }
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
    const live = store.live.get(idOf(n));
    const state = n.state || (n.action === "keep" || n.digest ? "done" : "waiting");
    return { state, part: state === "done" ? 1 : state === "running" && live?.total ? Math.min(1, live.done / live.total) : 0 };
  }
  function progressOfPlan() {
    const nodes = store.plan?.nodes ?? [];
    if (nodes.length === 0) return null;
    const weight = (n) => n.forecast ? Math.max((n.forecast.low + n.forecast.high) / 2, 0.1) : 0.1;
    let part = 0, all = 0, done = 0, now = "";
    for (const n of nodes) {
      const s = stateOf(n);
      part += s.part * weight(n);
      all += weight(n);
      if (s.state === "done") done++;
      if (s.state === "running") now = idOf(n) + " " + liveText(n);
    }
    return { part: part / all, done, all: nodes.length, now };
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
  function Plan() {
    if (store.noPlan) return /* @__PURE__ */ createElement("p", { class: "card middle quiet" }, t("noPlan"));
    if (!store.plan) return /* @__PURE__ */ createElement("p", { class: "middle quiet" }, store.failure?.message ?? t("loading"));
    const nodes = store.plan.nodes;
    const chosen = nodes.find((n) => idOf(n) === store.picked) ?? nodes.find((n) => n.state === "running") ?? nodes.at(-1);
    const p = progressOfPlan();
    return /* @__PURE__ */ createElement("div", { class: "plan" }, /* @__PURE__ */ createElement("section", { class: "card", "aria-labelledby": "graph" }, /* @__PURE__ */ createElement("div", { class: "row" }, /* @__PURE__ */ createElement("h1", { id: "graph" }, t("plan"), " ", store.plan.name), p && /* @__PURE__ */ createElement("span", { class: "quiet", role: "status" }, t("stepsDone", p.done, p.all)), /* @__PURE__ */ createElement("span", { class: "quiet push" }, t("graphHelp"))), nodes.some((n) => n.state === "running") && p && /* @__PURE__ */ createElement("progress", { max: 1, value: p.part, "aria-label": t("running") }), /* @__PURE__ */ createElement(Graph, { nodes, picked: chosen && idOf(chosen), pick: (id) => {
      store.picked = id;
      redraw();
    } }), chosen && /* @__PURE__ */ createElement(Details, { node: chosen })), /* @__PURE__ */ createElement("section", { class: "card", "aria-labelledby": "curves" }, /* @__PURE__ */ createElement("div", { class: "row" }, /* @__PURE__ */ createElement("h2", { id: "curves" }, t("curves")), store.runs.length > 1 && /* @__PURE__ */ createElement("label", { class: "push" }, t("which"), " ", /* @__PURE__ */ createElement("select", { value: store.run, onChange: (e) => {
      store.run = e.target.value;
      followRun();
      redraw();
    } }, /* @__PURE__ */ createElement("option", { value: "latest" }, t("latest")), store.runs.slice(0, 50).map((r) => /* @__PURE__ */ createElement("option", { value: r.id }, r.id))))), /* @__PURE__ */ createElement(Curves, { coming: nodes.some((n) => n.state === "running" || n.state === "waiting") })), /* @__PURE__ */ createElement("section", { class: "card", "aria-labelledby": "report" }, /* @__PURE__ */ createElement("h2", { id: "report" }, t("report")), /* @__PURE__ */ createElement(Report, { report: store.report, nodes })));
  }
  function Details({ node: n }) {
    const s = stateOf(n), live = store.live.get(idOf(n)), f = n.forecast, a = n.actual;
    const rows = [];
    if (s.state === "running" && live) rows.push([t("field_now"), liveText(n)]);
    const time = [], memory = [];
    if (f && f.high > 0) time.push(t("forecast", span(f.low, f.high)));
    if (a && a.seconds > 0) time.push(t("actual", seconds(a.seconds)));
    if (f && f.memory > 0) memory.push(t("forecast", bytes(f.memory)));
    if (a && a.memory > 0) memory.push(t("used", bytes(a.memory)));
    if (time.length) rows.push([t("field_time"), time.join(", ")]);
    if (memory.length) rows.push([t("field_memory"), memory.join(", ")]);
    if (f?.flops) rows.push([t("field_flops"), flops(f.flops)]);
    if (f?.basis) rows.push([t("field_basis"), f.basis]);
    if (n.reason) rows.push([t("field_reason"), n.reason]);
    if (n.inputs?.length) rows.push([t("field_inputs"), n.inputs.join(", ")]);
    if (n.digest) rows.push([t("field_digest"), n.digest.slice(0, 16)]);
    return /* @__PURE__ */ createElement("div", { class: "details", role: "region", "aria-live": "off", "aria-label": idOf(n) }, /* @__PURE__ */ createElement("h2", null, maybe("kind", n.kind), " ", /* @__PURE__ */ createElement("b", null, n.name), " ", /* @__PURE__ */ createElement("span", { class: "tag " + s.state }, maybe("state", s.state)), " ", n.action && (s.state !== "done" || n.action === "keep") && /* @__PURE__ */ createElement("span", { class: "tag" }, maybe("action", n.action))), /* @__PURE__ */ createElement("dl", null, rows.map(([name, value]) => /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("dt", null, name), /* @__PURE__ */ createElement("dd", null, value)))), live && live.notes.length > 0 && /* @__PURE__ */ createElement("details", null, /* @__PURE__ */ createElement("summary", null, t("notes")), /* @__PURE__ */ createElement("ul", null, live.notes.map((note) => /* @__PURE__ */ createElement("li", null, note)))));
  }

  // src/chat.tsx
  function Chat() {
    const s = store.server;
    if (store.failure && !s) {
      return /* @__PURE__ */ createElement("div", { class: "card middle", role: "alert" }, /* @__PURE__ */ createElement("p", { class: "failure" }, store.failure.message));
    }
    if (!s) return /* @__PURE__ */ createElement("p", { class: "middle quiet" }, t("loading"));
    if (!s.release) return /* @__PURE__ */ createElement(NotReady, null);
    return /* @__PURE__ */ createElement("div", { class: store.turns.length ? "chat" : "chat new" }, /* @__PURE__ */ createElement("div", { class: "turns", role: "log", "aria-live": "polite", "aria-label": t("conversation") }, store.turns.length === 0 ? /* @__PURE__ */ createElement(Hello, null) : store.turns.map((turn) => /* @__PURE__ */ createElement(TurnView, { key: turn.began, turn }))), /* @__PURE__ */ createElement(Ask, null));
  }
  function NotReady() {
    const p = progressOfPlan();
    return /* @__PURE__ */ createElement("div", { class: "card middle" }, /* @__PURE__ */ createElement("h1", null, t("notReady")), p && /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("progress", { max: 1, value: p.part, "aria-label": t("notReady") }), /* @__PURE__ */ createElement("p", null, t("stepsDone", p.done, p.all), p.now && /* @__PURE__ */ createElement("span", { class: "quiet" }, " · ", p.now))), /* @__PURE__ */ createElement("p", { class: "quiet" }, t("notReadyHelp")), /* @__PURE__ */ createElement("a", { class: "button main", href: "#plan" }, t("toPlan")));
  }
  function Hello() {
    const r = store.server.release;
    const en = store.lang === "en";
    return /* @__PURE__ */ createElement("div", { class: "hello" }, /* @__PURE__ */ createElement("h1", null, t("hello", r.name)), /* @__PURE__ */ createElement("p", { class: "quiet" }, t("helloHelp")), /* @__PURE__ */ createElement(Facts, null), r.examples.length > 0 && /* @__PURE__ */ createElement("ul", { class: "examples", "aria-label": t("examples") }, r.examples.map((e) => /* @__PURE__ */ createElement("li", null, /* @__PURE__ */ createElement("button", { onClick: () => send(en ? e.en : e.zh) }, en ? e.en : e.zh)))));
  }
  function Facts() {
    const a = store.server.release.about, facts = [];
    if (a?.parameters) facts.push(t("factParameters", a.parameters < 1e6 ? count(Math.round(a.parameters / 1e3)) + " K" : (a.parameters / 1e6).toFixed(1) + " M"));
    if (a?.think) facts.push(t("factThink", count(a.think)));
    if (a?.passages) facts.push(t("factPassages", count(a.passages)));
    facts.push(t("factHere"));
    return /* @__PURE__ */ createElement("ul", { class: "facts" }, facts.map((f) => /* @__PURE__ */ createElement("li", null, f)));
  }
  function TurnView({ turn }) {
    return /* @__PURE__ */ createElement("article", { class: "turn" }, /* @__PURE__ */ createElement("div", { class: "question" }, /* @__PURE__ */ createElement("span", { class: "hidden" }, t("you"), ": "), turn.question), /* @__PURE__ */ createElement("div", { class: "reply" }, /* @__PURE__ */ createElement(Thought, { turn }), turn.answer && /* @__PURE__ */ createElement("div", { class: "answer" }, answerOf(turn)), turn.refusal && /* @__PURE__ */ createElement("div", { class: "answer refusal" }, turn.refusal), turn.failure && /* @__PURE__ */ createElement(Failed, { turn }), turn.reason === "cancelled" && /* @__PURE__ */ createElement("p", { class: "quiet" }, t("stopped")), turn.reason === "length" && /* @__PURE__ */ createElement("p", { class: "quiet" }, t("cutShort")), turn.sources.length > 0 && turn.answer && /* @__PURE__ */ createElement(Sources, { list: turn.sources }), turn.reason && /* @__PURE__ */ createElement(Foot, { turn })));
  }
  function answerOf(turn) {
    const end = turn.answer.lastIndexOf("\n\n");
    const named = end > 0 && turn.sources.some((s) => turn.answer.indexOf(s.file, end) > 0);
    return named ? turn.answer.slice(0, end) : turn.answer;
  }
  function Thought({ turn }) {
    if (!turn.thought) return turn.reason || turn.answer || turn.failure ? null : /* @__PURE__ */ createElement("p", { class: "quiet pulse" }, t("waiting"));
    const coming2 = !turn.answerAt && !turn.reason;
    const took = seconds(((turn.answerAt || turn.ended) - turn.began) / 1e3);
    return /* @__PURE__ */ createElement("details", { class: "thought", open: turn.unfold ?? coming2 }, /* @__PURE__ */ createElement("summary", { class: coming2 ? "pulse" : "", onClick: (e) => {
      e.preventDefault();
      turn.unfold = !(turn.unfold ?? coming2);
      redraw();
    } }, coming2 ? t("thinking") : turn.thoughtTokens ? t("thoughtTokens", took, turn.thoughtTokens) : t("thought", took)), /* @__PURE__ */ createElement("div", { class: "thoughts" }, turn.thought));
  }
  function Failed({ turn }) {
    const f = turn.failure;
    return /* @__PURE__ */ createElement("div", { class: "failure", role: "alert" }, /* @__PURE__ */ createElement("p", null, f.message), f.code === "model_not_ready" ? /* @__PURE__ */ createElement("a", { class: "button", href: "#plan" }, t("toPlan")) : /* @__PURE__ */ createElement("button", { onClick: () => again(turn) }, t("retry")));
  }
  function Sources({ list }) {
    return /* @__PURE__ */ createElement("section", { class: "sources", "aria-label": t("sources") }, /* @__PURE__ */ createElement("h2", null, t("sources")), list.map((s) => /* @__PURE__ */ createElement("details", null, /* @__PURE__ */ createElement("summary", null, s.heading && /* @__PURE__ */ createElement("span", null, s.heading, " · "), /* @__PURE__ */ createElement("code", null, s.file)), /* @__PURE__ */ createElement("blockquote", null, s.text))));
  }
  function Foot({ turn }) {
    const rated = turn.rating !== null, said = turn.answer || turn.thought;
    return /* @__PURE__ */ createElement("footer", { class: said ? "" : "hidden" }, store.server.release.label && said && /* @__PURE__ */ createElement("span", { class: "label" }, t("aiLabel")), turn.tokens > 0 && /* @__PURE__ */ createElement("span", { class: "quiet" }, t("cost", turn.tokens, seconds((turn.ended - turn.began) / 1e3))), turn.id && turn.answer && /* @__PURE__ */ createElement("span", { class: "rate" }, /* @__PURE__ */ createElement("button", { "aria-pressed": turn.rating === true, "aria-label": t("good"), title: t("good"), onClick: () => rate(turn, true) }, /* @__PURE__ */ createElement(Thumb, { up: true })), /* @__PURE__ */ createElement("button", { "aria-pressed": turn.rating === false, "aria-label": t("bad"), title: t("bad"), onClick: () => rate(turn, false) }, /* @__PURE__ */ createElement(Thumb, null))), /* @__PURE__ */ createElement("span", { class: "quiet", role: "status" }, turn.ratingFailure || (rated ? t("thanks") : "")));
  }
  function Thumb({ up = false }) {
    return /* @__PURE__ */ createElement("svg", { class: up ? "" : "down", viewBox: "0 0 20 20", width: "18", height: "18", "aria-hidden": "true" }, /* @__PURE__ */ createElement(
      "path",
      {
        d: "M2 9h3v8H2zM7 9l3-7c1.5 0 2 1 2 2.2L11.6 8H16c1.2 0 2 .9 1.8 2l-1 5.5c-.2.9-.9 1.5-1.8 1.5H7z",
        fill: "none",
        stroke: "currentColor",
        "stroke-width": "1.5",
        "stroke-linejoin": "round"
      }
    ));
  }
  var coming = () => store.turns.find((turn) => !turn.reason && !turn.failure);
  function Ask() {
    const now = coming();
    return /* @__PURE__ */ createElement("form", { class: "ask", onSubmit: (e) => {
      e.preventDefault();
      send(store.draft);
    } }, /* @__PURE__ */ createElement("label", { class: "hidden", for: "question" }, t("question")), /* @__PURE__ */ createElement("div", { class: "field" }, /* @__PURE__ */ createElement(
      "textarea",
      {
        id: "question",
        rows: 1,
        placeholder: t("askPlace"),
        value: store.draft,
        "aria-describedby": "how",
        onInput: (e) => {
          store.draft = e.target.value;
          redraw();
        },
        onKeyDown: (e) => {
          if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
          e.preventDefault();
          send(store.draft);
        }
      }
    ), /* @__PURE__ */ createElement("div", { class: "buttons" }, /* @__PURE__ */ createElement("span", { id: "how", class: "quiet" }, t("askHint")), store.turns.length > 0 && !now && /* @__PURE__ */ createElement("button", { type: "button", class: "bare", onClick: () => {
      store.turns = [];
      redraw();
    } }, t("clear")), now ? /* @__PURE__ */ createElement("button", { type: "button", class: "main", onClick: () => now.abort.abort() }, t("stop")) : /* @__PURE__ */ createElement("button", { type: "submit", class: "main", disabled: !store.draft.trim() }, t("send")))));
  }
  function again(turn) {
    store.turns = store.turns.filter((other) => other !== turn);
    send(turn.question);
  }
  async function send(text) {
    text = text.trim();
    if (!text || coming()) return;
    store.draft = "";
    const turn = {
      question: text,
      id: "",
      thought: "",
      answer: "",
      sources: [],
      refusal: "",
      reason: "",
      failure: null,
      began: performance.timeOrigin + performance.now(),
      answerAt: 0,
      ended: 0,
      thoughtTokens: 0,
      tokens: 0,
      unfold: null,
      rating: null,
      ratingFailure: "",
      abort: new AbortController()
    };
    store.turns.push(turn);
    change(turn);
    try {
      const r = await ask("POST", "/v1/chat/completions", {
        model: store.server.release.name,
        messages: [{ role: "user", content: text }],
        stream: true,
        stream_options: { include_usage: true }
      }, turn.abort.signal);
      let whole = false;
      for await (const e of events(r)) {
        if (e.data === "[DONE]") {
          whole = true;
          break;
        }
        take2(turn, JSON.parse(e.data));
        change(turn);
      }
      if (!whole) throw new Failure(0, "broken", t("brokenOff"));
    } catch (err) {
      if (turn.abort.signal.aborted) turn.reason = "cancelled";
      else turn.failure = err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff"));
      if (turn.failure?.status === 401) store.signIn = true;
    }
    turn.ended = performance.timeOrigin + performance.now();
    change(turn);
  }
  function take2(turn, c) {
    if (c.error) throw new Failure(500, c.error.code, c.error.message);
    const now = performance.timeOrigin + performance.now();
    turn.id = c.id;
    if (c.suiren?.sources) turn.sources = c.suiren.sources;
    if (c.suiren?.refusal) turn.refusal = c.suiren.refusal.text;
    if (c.usage) {
      turn.tokens = c.usage.completion_tokens;
      turn.thoughtTokens = c.usage.completion_tokens_details?.reasoning_tokens ?? 0;
    }
    const choice = c.choices[0];
    if (!choice) return;
    if (choice.delta.reasoning_content) turn.thought += choice.delta.reasoning_content;
    if (choice.delta.content && !choice.delta.refusal) {
      turn.answerAt ||= now;
      turn.answer += choice.delta.content;
    }
    if (choice.finish_reason) {
      turn.ended = now;
      turn.reason = choice.finish_reason;
    }
  }
  function change(turn) {
    const page = document.scrollingElement;
    const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || turn === store.turns.at(-1) && !turn.id;
    redraw();
    if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
  }
  async function rate(turn, good) {
    const before = turn.rating;
    turn.rating = good;
    turn.ratingFailure = "";
    redraw();
    try {
      await ask("POST", "/api/feedback", { id: turn.id, good });
    } catch (err) {
      turn.rating = before;
      turn.ratingFailure = err.message;
    }
    redraw();
  }

  // src/suiren.tsx
  function App() {
    return /* @__PURE__ */ createElement(Fragment, null, /* @__PURE__ */ createElement("a", { class: "skip", href: "#main", onClick: skip }, t("skip")), /* @__PURE__ */ createElement("header", null, /* @__PURE__ */ createElement("span", { class: "brand" }, /* @__PURE__ */ createElement("img", { src: "/suiren.svg", alt: "", width: "24", height: "24" }), "Suiren ", /* @__PURE__ */ createElement("small", { lang: "zh-CN" }, "燧人")), /* @__PURE__ */ createElement("nav", null, ["chat", "plan"].map((p) => /* @__PURE__ */ createElement("a", { href: "#" + p, "aria-current": store.page === p ? "page" : void 0 }, t(p)))), /* @__PURE__ */ createElement("div", { class: "switches" }, /* @__PURE__ */ createElement("select", { "aria-label": t("language"), value: store.lang, onChange: setLang }, /* @__PURE__ */ createElement("option", { value: "en" }, "English"), /* @__PURE__ */ createElement("option", { value: "zh-CN" }, "简体中文")), /* @__PURE__ */ createElement("select", { "aria-label": t("theme"), value: store.theme, onChange: setTheme }, ["auto", "light", "dark"].map((v) => /* @__PURE__ */ createElement("option", { value: v }, t(`theme_${v}`)))))), /* @__PURE__ */ createElement("main", { id: "main", tabIndex: -1 }, store.signIn ? /* @__PURE__ */ createElement(SignIn, null) : store.page === "plan" ? /* @__PURE__ */ createElement(Plan, null) : /* @__PURE__ */ createElement(Chat, null)));
  }
  function skip(e) {
    e.preventDefault();
    document.getElementById("main").focus();
  }
  function SignIn() {
    return /* @__PURE__ */ createElement("form", { class: "card sign", onSubmit: signIn }, /* @__PURE__ */ createElement("h1", null, t("signInTitle")), /* @__PURE__ */ createElement("p", null, t("signInHelp")), /* @__PURE__ */ createElement("label", { for: "key" }, t("key")), /* @__PURE__ */ createElement("input", { id: "key", name: "key", type: "password", autocomplete: "current-password", required: true }), /* @__PURE__ */ createElement("button", { class: "main" }, t("signIn")), store.failure && /* @__PURE__ */ createElement("p", { class: "failure", role: "alert" }, store.failure.message));
  }
  async function signIn(e) {
    e.preventDefault();
    const key = new FormData(e.target).get("key");
    try {
      await ask("POST", "/api/session", { key });
      store.signIn = false;
      store.failure = null;
      start();
    } catch (err) {
      store.failure = err;
    }
    redraw();
  }
  function setLang(e) {
    store.lang = e.target.value;
    keep("lang", store.lang);
    dress();
    redraw();
    if (store.signIn) return;
    loadPlan();
    followRun();
  }
  function setTheme(e) {
    store.theme = e.target.value;
    keep("theme", store.theme);
    dress();
    redraw();
  }
  function dress() {
    document.documentElement.lang = store.lang;
    document.documentElement.dataset.theme = store.theme;
  }
  function turnTo() {
    store.page = location.hash === "#plan" ? "plan" : "chat";
    redraw();
  }
  async function start() {
    try {
      store.server = await get("/api/state");
      store.failure = null;
    } catch (err) {
      store.failure = err;
      store.signIn = store.failure.status === 401;
      if (store.signIn) {
        store.failure = null;
        redraw();
        return;
      }
    }
    redraw();
    if (!following) {
      following = true;
      loadPlan();
      followRun();
    }
    if (!store.server?.release) setTimeout(start, 3e3);
  }
  var following = false;
  onDraw(() => {
    document.title = store.server?.release ? `${store.server.release.name} · Suiren` : "Suiren";
    render(/* @__PURE__ */ createElement(App, null), document.getElementById("page"));
  });
  addEventListener("hashchange", turnTo);
  dress();
  turnTo();
  start();
})();
