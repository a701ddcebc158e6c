// Sends the form at once: a response to a service, or the next part of a file. Without a script, its button does.
document.querySelector("form[data-submit-now]")?.requestSubmit();
