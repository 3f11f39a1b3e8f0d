module rondo.test/step

go 1.19
