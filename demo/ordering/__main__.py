from demo.ordering import pages
from demo.service import main

main.run("demo.ordering", pages.blueprint, key="ordering", name="Web shop")
