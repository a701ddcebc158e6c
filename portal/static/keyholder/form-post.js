// Sends the response to the service at once; without a script, its button does.
document.querySelector("form[data-submit-now]")?.requestSubmit();
