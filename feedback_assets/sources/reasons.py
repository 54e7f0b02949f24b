"""Why a record or a file is a dead letter: every class, with a sentence for the person who reads it.

Only the list belongs here. A reason in use that is not listed is refused by RecordError, so that the docs made from it are whole.
"""

from typing import Final

REASONS: Final[dict[str, str]] = {
    # one record
    "not_json": "The record's brackets close, but it is not JSON.",
    "truncated_json": "The file ends before the record or the array around it is closed: an export that was cut.",
    "trailing_data": "Bytes that are no record follow the end of the JSON document.",
    "not_utf8": "The bytes are not UTF-8 (or not the encoding that the mapping names). Export again as UTF-8.",
    "wrong_type": "A field holds another type than its source delivers, such as a list where text belongs.",
    "out_of_range": "A number lies outside the scale of its field, such as six stars of five.",
    "bad_number": "A number has more digits than can be read.",
    "missing_id": "The record has no id of its own, so its edits could not be told from new feedback.",
    "bad_id": "The record's id is longer than 512 characters.",
    "missing_time": "The record does not say when it was written.",
    "bad_time": "A time is not in the source's format, or lies before 1990 or after 2100.",
    "too_deep": "The record is nested deeper than 64 levels.",
    "too_large": "The record, or the file, is larger than the limit.",
    "wrong_fields": "The CSV row has more or fewer fields than the header.",
    "csv_quote": "A quote in the CSV row is not closed, or text follows the closing quote.",
    "bad_context": "What is needed to read the record and stands outside its bytes (CSV header, mapping) is missing or damaged.",
    # the whole file
    "empty_file": "The file has no bytes, or nothing but white space.",
    "not_text": "The file is binary: a picture, a document, an archive of several files, or junk.",
    "unknown_shape": "The file is text, but none of the shapes that its source exports.",
    "bad_header": "The CSV header lacks a column that is needed, repeats one, or cannot be read.",
    "too_many_fields": "The CSV header has more columns than the limit.",
    "too_many_records": "The file holds more records than the limit for one file.",
    "truncated_archive": "The compressed file was cut. The records before the cut were kept.",
    "bad_archive": "The compressed file is damaged: what comes out of it cannot be trusted.",
    "trailing_garbage": "Bytes that are no compressed data follow the compressed data. The records before them were kept.",
    "decompression_bomb": "The file swells beyond the limit when it is decompressed.",
    "no_mapping": "The file of the source generic has no usable mapping file in the landing zone.",
    "unreadable_file": "The file may not be read by this user, or its disk reports an error.",
}
