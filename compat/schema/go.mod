module suiren/compat/schema

go 1.26.0

toolchain go1.26.11

require (
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	suiren v0.0.0
)

require golang.org/x/text v0.44.0 // indirect

replace suiren => ../..
