SELECT *, file_row_number + 1 AS __position FROM read_parquet(/*file*/, file_row_number = true)
