agent add olga@shop.example role=observer queues=general language=ru zone=Asia/Tashkent
