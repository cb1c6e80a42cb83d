module suiren/compat/load

go 1.26
