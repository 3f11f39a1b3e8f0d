module leg

go 1.19

require rondo v0.0.0

replace rondo => ../../../capi/go
