# litquote with its models inside: it needs no network when it runs.
#
#   docker build -t litquote .
#   docker run --rm -v litquote:/library -v "$PWD/papers:/papers:ro" litquote add /papers
#   docker run --rm -v litquote:/library -p 127.0.0.1:7860:7860 litquote
#
# /library should be a named volume: the image's empty library is copied into a new one.
FROM python:3.12-slim-bookworm AS build

WORKDIR /source
RUN python -m venv /opt/litquote
ENV PATH=/opt/litquote/bin:$PATH
COPY constraints.txt ./
# torch first, from PyTorch's own index: PyPI's build brings gigabytes of CUDA.
RUN pip install --no-cache-dir -c constraints.txt --index-url https://download.pytorch.org/whl/cpu torch==2.13.0
COPY pyproject.toml README.md LICENSE ui.py ./
COPY index index
COPY qa qa
COPY web web
COPY seeds seeds
RUN pip install --no-cache-dir -c constraints.txt '.[mcp]'

FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 10001 litquote \
    && mkdir /library \
    && chown litquote:litquote /library
COPY --from=build /opt/litquote /opt/litquote
ENV PATH=/opt/litquote/bin:$PATH \
    LITQUOTE_LIBRARY=/library \
    LITQUOTE_CACHE=/home/litquote/models \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/litquote
# The models are converted now, once, and not at the first question.
RUN litquote ask --demo "Is there a cure for multiple sclerosis?" \
    && litquote add --reader default
VOLUME /library
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/', timeout=5)"]
ENTRYPOINT ["litquote"]
CMD ["serve", "--host", "0.0.0.0", "--port", "7860", "--no-browser"]
