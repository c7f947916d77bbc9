"""What tests and benches do in the page of a room."""

CLICK_TO_FRAME = """async () => {
  const started = performance.now();
  document.querySelector(".door__join").click();
  for (;;) {
    const video = document.querySelector(".tile video:not(.mirror)");
    if (video) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      return performance.now() - started;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}"""
"""Presses « Rejoindre »; gives the milliseconds until the first picture of somebody else is decoded."""
