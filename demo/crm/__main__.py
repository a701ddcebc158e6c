from demo.crm import pages
from demo.service import main

main.run("demo.crm", pages.blueprint, key="crm", name="CRM portal")
