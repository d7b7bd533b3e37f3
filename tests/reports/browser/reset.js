// The page as it was when it was opened: a test leaves its searches behind.
() => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const form of document.querySelectorAll("form.filters")) {
    form.reset();
    form.dispatchEvent(new Event("input"));
  }
  dispatchEvent(new Event("afterprint"));
  scrollTo(0, 0);
}
