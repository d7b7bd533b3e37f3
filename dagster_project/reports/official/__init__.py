"""The form of official documents, 党政机关公文格式 (GB/T 9704-2012): page, typefaces, title."""
