"""litquote as a retriever of LangChain, LlamaIndex and Haystack; each module needs its library installed."""
