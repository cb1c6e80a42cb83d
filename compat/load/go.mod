module suiren/compat/load

go 1.26

toolchain go1.26.11
