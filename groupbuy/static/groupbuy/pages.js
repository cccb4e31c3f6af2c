/* Small helpers of the pages. Every page works without this file; no inline script, so that a strict CSP holds. */
(function () {
  "use strict";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function number(text) {
    return parseInt(text, 10) || 0;
  }

  function yuan(fen) {
    var cents = String(fen % 100);
    return Math.floor(fen / 100) + "." + (cents.length < 2 ? "0" + cents : cents);
  }

  /* Steppers: - and + around a number, in the offer's own steps: 0, minimum, minimum + step, … */
  function stepped(input, direction) {
    var floor = number(input.dataset.minimum) || 1;
    var step = number(input.dataset.by) || 1;
    var value = number(input.value);
    if (direction > 0) {
      value = value < floor ? floor : value + step;
    } else {
      value = value <= floor ? 0 : value - step;
    }
    return Math.max(number(input.min), Math.min(value, input.max === "" ? 9999 : number(input.max)));
  }

  function dress(stepper) {
    var input = stepper.querySelector("input");
    var value = number(input.value);
    all("button", stepper).forEach(function (button) {
      button.disabled = input.disabled || stepped(input, number(button.dataset.step)) === value;
    });
  }

  function startSteppers(root) {
    all("[data-stepper]", root).forEach(function (stepper) {
      var input = stepper.querySelector("input");
      dress(stepper);
      stepper.addEventListener("click", function (event) {
        var button = event.target.closest("button[data-step]");
        if (!button) return;
        input.value = stepped(input, number(button.dataset.step));
        dress(stepper);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      input.addEventListener("change", function () {
        dress(stepper);
      });
      input.addEventListener("focus", function () {
        input.select();
      });
    });
  }

  /* The address holds the cart, so that a refresh, a coupon or the way back does not empty it. */
  function keepCart(form, pieces) {
    var address = new URL(window.location.href);
    all("input[data-price]", form).forEach(function (input) {
      if (number(input.value)) address.searchParams.set(input.name, number(input.value));
      else address.searchParams.delete(input.name);
    });
    if (pieces) address.searchParams.set("group", form.elements.group.value);
    window.history.replaceState(window.history.state, "", address);
  }

  /* The cart: what the page adds up is a courtesy; the server counts again. */
  function startCart(form) {
    function count() {
      var total = 0;
      var pieces = 0;
      all("input[data-price]", form).forEach(function (input) {
        total += number(input.value) * number(input.dataset.price);
        pieces += number(input.value);
      });
      form.querySelector("[data-cart-total]").textContent = yuan(total);
      form.querySelector("[data-cart-pieces]").textContent = pieces;
      form.querySelector("[data-cart-go]").disabled = pieces === 0;
      keepCart(form, pieces);
    }
    form.addEventListener("input", count);
    form.addEventListener("submit", function () {
      all("input[data-price]", form).forEach(function (input) {
        input.disabled = number(input.value) === 0;
      });
    });
    window.addEventListener("pageshow", function () {
      all("input[data-price]", form).forEach(function (input) {
        input.disabled = input.hasAttribute("data-gone");
      });
      all("[data-stepper]", form).forEach(dress);
      count();
    });
  }

  /* Countdowns run on the server's clock: the page carries the time at which it was made. */
  var serverNow = document.body.dataset.now;
  var ahead = serverNow ? Date.parse(serverNow) - Date.now() : 0;

  function left(milliseconds) {
    var seconds = Math.floor(milliseconds / 1000);
    var days = Math.floor(seconds / 86400);
    var parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
    var clock = parts
      .map(function (part) {
        return part < 10 ? "0" + part : part;
      })
      .join(":");
    return days > 0 ? days + " 天 " + clock : clock;
  }

  function tick() {
    all("[data-until]").forEach(function (node) {
      var remaining = Date.parse(node.dataset.until) - Date.now() - ahead;
      if (remaining > 0) {
        node.textContent = left(remaining);
        if (remaining < 600000) node.classList.add("text-error");
      } else if (!node.dataset.done) {
        node.dataset.done = "1";
        node.textContent = node.dataset.over || "已截止";
        if ("reload" in node.dataset) window.setTimeout(reload, 1500 + Math.random() * 2000);
      }
    });
  }

  function reload() {
    window.location.reload();
  }

  /* Copy a text; old WebViews have no clipboard API. */
  function copyText(source) {
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(source.value || source.textContent);
    }
    source.focus();
    source.select();
    document.execCommand("copy");
    return Promise.resolve();
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    copyText(document.querySelector(button.dataset.copy)).then(function () {
      var label = button.querySelector("[data-label]") || button;
      var before = label.textContent;
      label.textContent = "已复制";
      window.setTimeout(function () {
        label.textContent = before;
      }, 2000);
    });
  });

  /* A form that is on its way cannot be sent again by an impatient thumb. */
  document.addEventListener("submit", function (event) {
    if (event.target.classList.contains("busy")) {
      event.preventDefault();
      return;
    }
    event.target.classList.add("busy");
  });
  window.addEventListener("pageshow", function () {
    all("form.busy").forEach(function (form) {
      form.classList.remove("busy");
    });
  });

  /* A code of fixed length is sent when its last digit is typed. */
  all("input[data-digits]").forEach(function (input) {
    input.addEventListener("input", function () {
      input.value = input.value.replace(/\D/g, "").slice(0, number(input.dataset.digits));
      if (input.value.length === number(input.dataset.digits)) input.form.requestSubmit();
    });
  });

  all("select[data-submit], input[data-submit]").forEach(function (field) {
    field.addEventListener("change", function () {
      field.form.submit();
    });
  });

  startSteppers();
  all("form[data-cart]").forEach(startCart);
  all("form[data-keeps-cart]").forEach(function (form) {
    form.addEventListener("submit", function () {
      form.elements.cart.value = window.location.search.slice(1);
    });
  });
  tick();
  window.setInterval(tick, 1000);
})();
