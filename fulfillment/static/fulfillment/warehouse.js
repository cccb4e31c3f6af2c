/* The console's helpers for scanners and cold hands. Every page works without this file. */
(function () {
  "use strict";

  var scan = document.querySelector("form[data-scan] input[name=code]");

  /* A scanner is a keyboard: whatever it types goes into the scan line, wherever the focus was. */
  function isField(node) {
    return node && /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "hidden";
  }

  document.addEventListener("keydown", function (event) {
    if (!scan || event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
    if (!isField(document.activeElement)) scan.focus();
  });

  /* No keyboard jumps up over half the screen of a handheld, until somebody asks for it. */
  if (scan && window.matchMedia("(pointer: coarse)").matches) scan.setAttribute("inputmode", "none");
  document.addEventListener("click", function (event) {
    if (!scan || !event.target.closest("[data-keyboard]")) return;
    scan.setAttribute("inputmode", "text");
    scan.blur();
    scan.focus();
  });

  /* Typing a number replaces the one that was proposed. */
  Array.prototype.forEach.call(document.querySelectorAll("input[data-count]"), function (input) {
    input.addEventListener("focus", function () {
      input.select();
    });
  });

  /* What a weight means while it is typed; the server says it again. */
  Array.prototype.forEach.call(document.querySelectorAll("input[data-nominal]"), function (input) {
    var out = document.querySelector('[data-difference-of="' + input.id + '"]');
    var nominal = parseInt(input.dataset.nominal, 10);
    function tell() {
      var real = parseInt(input.value, 10);
      var less = nominal - real;
      var share = Math.round((Math.abs(less) * 1000) / nominal) / 10;
      out.classList.toggle("text-error", less > 0);
      if (!real) out.textContent = "";
      else if (less > 0) out.textContent = "少 " + less + " " + input.dataset.unit + "（" + share + "%），退差价";
      else if (less < 0) out.textContent = "多 " + -less + " " + input.dataset.unit + "（" + share + "%），不加钱";
      else out.textContent = "正好";
    }
    input.addEventListener("input", tell);
    if ("focus" in input.dataset) {
      input.focus();
      tell();
    }
  });

  /* One low tone and a red edge for what went wrong, one short high tone for what was counted. */
  function sound(hertz, seconds) {
    var Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return;
    var context = new Context();
    if (context.state === "suspended") return;
    var tone = context.createOscillator();
    var volume = context.createGain();
    tone.frequency.value = hertz;
    volume.gain.value = 0.2;
    tone.connect(volume);
    volume.connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + seconds);
  }

  if (document.querySelector("main [role=alert]")) {
    document.body.classList.add("went-wrong");
    sound(220, 0.5);
  } else if (document.querySelector("main [role=status]")) {
    sound(1200, 0.08);
  }
})();
