//! QQL, the language of filters: parser with positions and formatter.
