"""What is written into spreadsheets for people."""
