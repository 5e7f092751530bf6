"""The database: tables, migrations, and every statement that reads or writes them."""
