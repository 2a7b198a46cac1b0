"""What the page shows, as values in and HTML out; `app` wires it to Gradio. Nothing here imports Gradio."""
