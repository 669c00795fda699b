/**
 * Light or dark, before anything is drawn: no module, because modules run when the page has been shown already. What was
 * chosen stays with this browser; `auto` follows the system.
 */
(() => {
  const key = 'meshlock-scheme';
  const known = ['light', 'dark'];

  function remembered() {
    try {
      return localStorage.getItem(key) ?? 'auto';
    } catch {
      // Storage may be forbidden; then the choice lasts as long as the page.
      return 'auto';
    }
  }

  function wear(scheme) {
    if (known.includes(scheme)) document.documentElement.dataset.scheme = scheme;
    else delete document.documentElement.dataset.scheme;
  }

  wear(remembered());
  document.addEventListener('DOMContentLoaded', () => {
    const select = document.getElementById('scheme');
    select.value = document.documentElement.dataset.scheme ?? 'auto';
    select.addEventListener('change', () => {
      wear(select.value);
      try {
        localStorage.setItem(key, select.value);
      } catch {
        // As above.
      }
    });
  });
})();
