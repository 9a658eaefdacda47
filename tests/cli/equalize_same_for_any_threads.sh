# Threads and memory change neither the results nor the order of the reports.
. "$(dirname "$0")/lib.sh"
for i in 1 2 3 4 5 6; do small $i.png --seed $i --bits 16; done
small 7.jpg --color ycbcr
small 8.tif --compression lzw
run equalize ./* -o one/ --threads 1
expect_code 1 # the folder tmp has no images
sed 's/[0-9.]* s$//; s/one/X/' out >one.out
run equalize ./*.* -o many/ --threads 7 --memory 8M
sed 's/[0-9.]* s$//; s/many/X/' out >many.out
expect_same one.out many.out
diff -r one many >/dev/null || fail 'results differ'
