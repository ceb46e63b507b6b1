"""What a terminal sends, made whole before Textual's parser sees it.

`InputFilter` turns bytes and times into pieces, `InputReader` pieces into Textual's events.
"""
